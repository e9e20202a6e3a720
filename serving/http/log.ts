// The JSON log of a role: pino to stdout without worker transports (they do not survive bundling).
import pino from "pino";
import type { Log } from "../ports.ts";

export type LogSettings = { readonly level: "debug" | "info" | "warn" | "error" };

export type RoleLog = Log & {
  /** Writes what is buffered; call before the process ends. Never rejects, and gives up on a reader that does not read. */
  readonly flush: () => Promise<void>;
};

const FLUSH_MS = 500;

/** Lines are written asynchronously in batches, so that a slow reader of stdout does not stop requests. */
export function createLog(role: string, settings: LogSettings, file: number | string = 1): RoleLog {
  // Lines are still written at once; with no least length the destination would not tell when they are out.
  const destination = pino.destination({ dest: file, sync: false, minLength: 1 });
  const logger = pino(
    {
      level: settings.level,
      base: { role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush: () =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(done, FLUSH_MS);
        // After a broken pipe the callback never comes, so the timer ends the wait.
        destination.flush(done);
      }),
  };
}

/** What may be logged of an unexpected error: its kind, its message and where it arose. */
export function describeError(error: unknown): { name: string; message: string; stack?: string } {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  return {
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
}
