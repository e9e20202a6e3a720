// A log file of bounded size: when it is full it becomes `<file>.1` and a new one starts.
import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";

const LARGEST_BYTES = 8 * 1024 * 1024;

type RotatingLog = { write(text: string | Buffer): void; follow(stream: Readable | null): void };

/** Appends to `file`; at most two files of `largestBytes` exist at a time. */
export function openRotatingLog(file: string, largestBytes = LARGEST_BYTES): RotatingLog {
  mkdirSync(dirname(file), { recursive: true });
  let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  let out = openSync(file, "a", 0o600);
  const rotate = (): void => {
    closeSync(out);
    renameSync(file, `${file}.1`);
    out = openSync(file, "a", 0o600);
    size = 0;
  };
  const write = (text: string | Buffer): void => {
    try {
      if (size >= largestBytes) rotate();
      size += writeSync(out, typeof text === "string" ? Buffer.from(text) : text);
    } catch {
      // A full disk or a deleted directory must not take the writer down: lines are lost, the parts go on.
    }
  };
  return { write, follow: (stream) => void stream?.on("data", write) };
}
