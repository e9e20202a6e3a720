// The commands that messages tell a user to run next, for the stack that they are about.

/** The stack of a command that names none. */
export const DEFAULT_STACK = "local";

export function upCommand(stack: string): string {
  return stack === DEFAULT_STACK ? "npm run up" : `npm run up -- --stack ${stack}`;
}

/** `rampaCommand("logs gateway", "dev")` → `npm run rampa -- logs gateway --stack dev`. */
export function rampaCommand(verb: string, stack: string): string {
  return `npm run rampa -- ${verb}${stack === DEFAULT_STACK ? "" : ` --stack ${stack}`}`;
}
