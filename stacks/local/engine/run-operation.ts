// Runs one command of the Pulumi CLI on a stack, with the stack's environment, and hands its events on.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import type { Engine } from "./engine.ts";
import { FOREIGN_VARIABLES } from "./environment.ts";
import { followEvents } from "./event-log.ts";
import type { EnginePlaces } from "./places.ts";
import { runTool, type ToolRun } from "./run-tool.ts";

export type PulumiPlace = { readonly engine: Engine; readonly places: EnginePlaces; readonly name: string };

export type PulumiOptions = Pick<ToolRun, "timeoutMs" | "onLine" | "interrupt">;

/** What the command printed on stdout. Never asks; rejects with the command's last lines. */
export async function runPulumi(
  { engine, places, name }: PulumiPlace,
  args: readonly string[],
  options: PulumiOptions = {},
): Promise<string> {
  // Inherited ones would win over the file backend's own.
  const foreign = Object.fromEntries(FOREIGN_VARIABLES.map((variable) => [variable, undefined]));
  return runTool({
    ...options,
    command: engine.pulumi,
    args: [...args, "--stack", name, "--non-interactive"],
    cwd: places.checkout,
    env: { ...engine.env, ...foreign, PULUMI_DEBUG_COMMANDS: "true" },
  });
}

/** The same for `preview`, `up` and `destroy`, which report what they do as events. */
export async function runOperation(
  place: PulumiPlace,
  args: readonly string[],
  options: PulumiOptions & { readonly onEvent: (event: EngineEvent) => void },
): Promise<void> {
  const { onEvent, ...rest } = options;
  const folder = mkdtempSync(join(place.places.home, "events-"));
  const file = join(folder, "events.json");
  writeFileSync(file, "");
  const events = followEvents(file, onEvent);
  try {
    await runPulumi(place, [...args, "--event-log", file], rest);
  } finally {
    events.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
