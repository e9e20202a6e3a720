// Asks the model server for the usage of a stream, whether or not the caller wants to see it.
import { findMember, replaceValue } from "../core/json/json-member.ts";

const ASKED = Buffer.from('"stream_options":{"include_usage":true},');

/** `body` with `stream_options.include_usage` set; all other bytes stay. `parsed` is the same body, an object that is not empty. */
export function askUsage(body: Buffer, parsed: object): Buffer {
  const span = "stream_options" in parsed ? findMember(body, "stream_options") : undefined;
  if (span === undefined) {
    const first = body.indexOf("{") + 1;
    return Buffer.concat([body.subarray(0, first), ASKED, body.subarray(first)]);
  }
  return replaceValue(body, span, { ...Object(Reflect.get(parsed, "stream_options")), include_usage: true });
}
