// StackError: why a stack cannot be deployed from here, with the next command.

export type StackErrorCode =
  | "stack.cluster-missing"
  | "stack.cluster-unreachable"
  | "stack.base-missing"
  | "stack.context-unknown"
  | "stack.nothing-to-promote";

/** An expected end of the program before anything is registered: its code, what is the matter and what to do. */
export class StackError extends Error {
  readonly code: StackErrorCode;
  readonly next: string;

  constructor(code: StackErrorCode, message: string, next: string) {
    super(`${message}. Next: ${next}`);
    this.name = "StackError";
    this.code = code;
    this.next = next;
  }
}
