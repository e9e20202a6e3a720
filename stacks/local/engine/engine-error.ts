// EngineError: what can stop the Pulumi engine for reasons outside the program, each with its next command.

export type EngineErrorCode =
  | "engine.not-obtained"
  | "engine.passphrase-missing"
  | "engine.passphrase-wrong"
  | "engine.state-damaged"
  | "engine.state-locked"
  | "engine.stack-missing"
  | "engine.policy-violated"
  | "engine.operation-failed";

/** An expected failure of the engine; `message` ends with the command to run next. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;
  readonly next: string;

  constructor(code: EngineErrorCode, reason: string, next: string) {
    super(`${reason}\nNext: ${next}`);
    this.name = "EngineError";
    this.code = code;
    this.next = next;
  }
}
