// InvariantError: our own bug, never the user's; not caught below the entry point.

export class InvariantError extends Error {
  constructor(message: string) {
    super(`internal error: ${message}`);
    this.name = "InvariantError";
  }
}
