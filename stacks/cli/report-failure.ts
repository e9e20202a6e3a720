// Turns whatever a verb threw into the text or JSON a user sees and the exit code of the command.
import { CommanderError } from "commander";
import { z } from "zod";
import { ConfigError } from "../../serving/contract/config-error.ts";

export type FailureReport = {
  /** 1 failed, 2 usage or configuration. */
  readonly exitCode: 1 | 2;
  readonly text: string;
  readonly json: {
    readonly error: {
      readonly code: string;
      readonly message: string;
      readonly next?: string;
      readonly problems?: readonly unknown[];
    };
  };
};

/** The shape that the typed errors of every area share: a literal `area.what`, perhaps a next command and a list. */
const codedError = z.object({
  code: z.string().regex(/^[a-z][a-z-]*\.[a-z][a-z-]*$/),
  message: z.string(),
  next: z.string().optional(),
  problems: z.array(z.unknown()).optional(),
});

export function reportFailure(error: unknown): FailureReport {
  if (error instanceof ConfigError) {
    const { message, next, problems } = error;
    return {
      exitCode: 2,
      text: message,
      json: { error: { code: "config.invalid", message, next, problems } },
    };
  }
  if (error instanceof CommanderError) return reportUsage(error);
  const coded = readCoded(error);
  if (coded === undefined) return reportBug(error);
  const { code, message, next, problems } = coded;
  return {
    exitCode: code === "cli.usage" ? 2 : 1,
    text: message.startsWith(code) ? message : `${code}: ${message}`,
    json: {
      error: {
        code,
        message: withoutNext(message, next),
        ...(next && { next }),
        ...(problems && { problems }),
      },
    },
  };
}

/** Messages end with the next command for who reads them; a program finds it in its own field. */
function withoutNext(message: string, next: string | undefined): string {
  const end = `Next: ${next}`;
  return message.endsWith(end) ? message.slice(0, -end.length).trimEnd() : message;
}

function reportUsage(error: CommanderError): FailureReport {
  const message = error.message.replace(/^error: /, "");
  const next = "npm run rampa -- --help";
  return {
    exitCode: 2,
    text: `${message}\nNext: ${next}`,
    json: { error: { code: "cli.usage", message, next } },
  };
}

function readCoded(error: unknown): z.output<typeof codedError> | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = {
    code: Reflect.get(error, "code"),
    message: error.message,
    next: Reflect.get(error, "next"),
    problems: Reflect.get(error, "problems"),
  };
  return codedError.safeParse(own).data;
}

/** A fault of ours: the stack is what helps to mend it. */
function reportBug(error: unknown): FailureReport {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: 1, text, json: { error: { code: "bug.unexpected", message } } };
}
