// Servers of others that a stack runs as pods and whose images are built here. Pure.
import { builtStores } from "./data-settings.ts";
import type { ToolName } from "./local/images/tool-pins.ts";
import { standaloneStackOf } from "./monitoring-settings.ts";
import type { StackSettings } from "./settings.ts";

/** Those that the settings ask for and give no image of. */
export function wantedTools(settings: StackSettings): readonly ToolName[] {
  const prometheus = standaloneStackOf(settings);
  const isBuilt = prometheus !== undefined && prometheus.images === undefined;
  return [...builtStores(settings.data), ...(isBuilt ? (["prometheus", "alertmanager"] as const) : [])];
}
