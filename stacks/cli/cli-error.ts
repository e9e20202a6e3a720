// CliError: an expected failure of a verb, with its code and the command to run next.

export type CliErrorCode =
  | "cli.already-running"
  | "cli.answer-failed"
  | "cli.backup-damaged"
  | "cli.backup-failed"
  | "cli.backup-missing"
  | "cli.database-not-empty"
  | "cli.gateway-unreachable"
  | "cli.endpoint-unavailable"
  | "cli.interrupted"
  | "cli.model-not-fetched"
  | "cli.nothing-here"
  | "cli.plan-failed"
  | "cli.plugin-missing"
  | "cli.steps-failed"
  | "cli.usage";

export class CliError extends Error {
  readonly code: CliErrorCode;
  readonly next: string;

  constructor(code: CliErrorCode, reason: string, next: string) {
    super(`${reason}\nNext: ${next}`);
    this.name = "CliError";
    this.code = code;
    this.next = next;
  }
}
