// HTTPRoute objects from a JSON file, for a gateway without a cluster; reread when the file changes.
import type { Log } from "../../ports.ts";
import type { WritableRouteTable } from "../kubernetes/route-table.ts";
import { watchFile } from "./watch-file.ts";

type Settings = {
  readonly path: string;
  readonly table: WritableRouteTable;
  readonly log: Log;
  readonly pollMs?: number;
};

export async function watchRouteFile({ path, table, log, pollMs }: Settings): Promise<() => void> {
  const refuse = (reason: string): void =>
    log.warn({ file: path, reason }, "route file refused, the last good one stays");
  const watch = await watchFile({
    path,
    ...(pollMs === undefined ? {} : { pollMs }),
    onUnreadable: refuse,
    onText: (text) => {
      const objects = parseList(text);
      if (!objects) return refuse("not a JSON list of HTTPRoute objects");
      table.replaceAll(objects);
      log.info({ file: path, endpoints: table.list().map((endpoint) => endpoint.name) }, "routes loaded");
    },
  });
  return watch.stop;
}

function parseList(text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
