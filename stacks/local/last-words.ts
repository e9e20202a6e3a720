// What a container said last, from the message that Kubernetes keeps of one that failed. Pure.
import { z } from "zod";
import { parseJson } from "./parse-json.ts";

const LONGEST = 500;
const errorLine = z.object({ code: z.string(), message: z.string() });

/** The last line of the log; of a JSON line that reports an error, its code and message. */
export function lastWords(log: string | undefined): string | undefined {
  const line = log?.trim().split("\n").at(-1);
  if (line === undefined || line === "") return undefined;
  const fault = errorLine.safeParse(parseJson(line)).data;
  return (fault ? `${fault.code}: ${fault.message}` : line).slice(0, LONGEST);
}
