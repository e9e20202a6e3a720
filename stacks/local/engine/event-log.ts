// Follows the file into which the engine writes its events, one JSON document a line, while it still writes.
import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";

const LOOK_EVERY_MS = 100;
const READ_BYTES = 64 * 1024;

export type EventLog = {
  /** Hands on what is left and lets the file go. */
  close(): void;
};

/** The file has to exist. Whole lines only are handed on, in order: the end of a half one comes with a later look. */
export function followEvents(file: string, onEvent: (event: EngineEvent) => void): EventLog {
  const descriptor = openSync(file, "r");
  const decoder = new StringDecoder("utf8");
  const buffer = Buffer.alloc(READ_BYTES);
  let rest = "";
  const look = (): void => {
    for (;;) {
      const count = readSync(descriptor, buffer);
      if (count === 0) return;
      const lines = (rest + decoder.write(buffer.subarray(0, count))).split("\n");
      rest = lines.pop() ?? "";
      // The engine's own format, which the SDK's type describes.
      for (const line of lines) if (line !== "") onEvent(JSON.parse(line) as EngineEvent);
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    close() {
      clearInterval(timer);
      look();
      closeSync(descriptor);
    },
  };
}
