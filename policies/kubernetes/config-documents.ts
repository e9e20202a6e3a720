// Reads the JSON documents that a ConfigMap holds, such as the runtime configuration of Rampa's roles.
import type { Subject } from "../rule.ts";
import { Value } from "../value.ts";

export const CONFIG_MAPS = /^kubernetes:(core\/)?v1:ConfigMap$/;

/** Each entry that is a JSON object, under the entry's path. */
export function documentsOf({ props }: Subject): readonly Value[] {
  const entries = props.at("data").entries();
  return entries
    .map(([, entry]) => new Value(entry.path, parsed(entry.text() ?? "")))
    .filter(({ state }) => state === "known");
}

function parsed(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
