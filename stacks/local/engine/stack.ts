// Previews, updates, destroys and reads a stack through the same CLI, files and plugins as plain `pulumi`.

import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";
import { keepingConfigFile } from "./config-file.ts";
import type { Engine } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { type Changes, failureOf, recordRun } from "./engine-events.ts";
import { FOREIGN_VARIABLES } from "./environment.ts";
import { checkoutPlaces, type EnginePlaces } from "./places.ts";
import {
  readCheckpoint,
  requirePassphrase,
  requireUnlocked,
  type StateFiles,
  stateFilesOf,
} from "./state-files.ts";

export type StackHandle = {
  readonly engine: Engine;
  readonly places: EnginePlaces;
  readonly name: string;
  readonly files: StateFiles;
};

export type RunOptions = {
  /** Folder of a policy pack; its mandatory rules stop the run. */
  readonly policyPack?: string;
  readonly onOutput?: (text: string) => void;
  readonly onEvent?: (event: EngineEvent) => void;
  readonly signal?: AbortSignal;
};

export type RunResult = { readonly changes: Changes };

/**
 * Checks the stack's files before anything runs. Throws EngineError `engine.state-damaged`,
 * `engine.passphrase-missing` or `engine.passphrase-wrong`. The stack need not exist yet.
 */
export async function openStack(
  engine: Engine,
  name: string,
  places: EnginePlaces = checkoutPlaces,
): Promise<StackHandle> {
  const files = stateFilesOf(places, name);
  await requirePassphrase(places, readCheckpoint(files));
  return { engine, places, name, files };
}

/** What `upStack` would change. Rejects with EngineError. */
export async function previewStack(handle: StackHandle, options: RunOptions = {}): Promise<RunResult> {
  return runStack(handle, options, (stack, shared) => stack.preview(shared));
}

/** Rejects with EngineError: `engine.policy-violated`, `engine.state-locked` or `engine.operation-failed`. */
export async function upStack(handle: StackHandle, options: RunOptions = {}): Promise<RunResult> {
  return runStack(handle, options, (stack, shared) => stack.up(shared));
}

/** Deletes all that the stack has made; a stack that does not exist is destroyed already. */
export async function destroyStack(handle: StackHandle, options: RunOptions = {}): Promise<RunResult> {
  if (!readCheckpoint(handle.files)) return { changes: {} };
  const { policyPack: _unused, ...rest } = options;
  return runStack(handle, rest, (stack, shared) => stack.destroy(shared));
}

/** Outputs by name, secrets in clear: for showing the key to its owner, never for logs. */
export async function readOutputs(handle: StackHandle): Promise<Readonly<Record<string, unknown>>> {
  if (!readCheckpoint(handle.files)) {
    throw new EngineError("engine.stack-missing", `There is no stack ${handle.name} yet.`, "rampa up");
  }
  return keepingConfigFile(handle.files.config, async () => {
    const outputs = await (await selectStack(handle)).outputs();
    return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, output.value]));
  });
}

type SharedOptions = {
  onEvent: (event: EngineEvent) => void;
  onOutput?: (text: string) => void;
  policyPacks?: string[];
  signal?: AbortSignal;
};

async function runStack(
  handle: StackHandle,
  options: RunOptions,
  run: (stack: Stack, shared: SharedOptions) => Promise<unknown>,
): Promise<RunResult> {
  requireUnlocked(handle.files);
  const record = recordRun();
  const shared: SharedOptions = {
    onEvent: (event) => {
      record.observe(event);
      options.onEvent?.(event);
    },
    ...(options.onOutput && { onOutput: options.onOutput }),
    ...(options.policyPack && { policyPacks: [options.policyPack] }),
    ...(options.signal && { signal: options.signal }),
  };
  return keepingConfigFile(handle.files.config, async () => {
    try {
      await run(await selectStack(handle), shared);
      return { changes: record.changes() };
    } catch (error) {
      throw failureOf(record, error);
    }
  });
}

async function selectStack(handle: StackHandle): Promise<Stack> {
  // These would win over the file backend's own; the CLI inherits them from this process.
  for (const name of FOREIGN_VARIABLES) delete process.env[name];
  const { engine, places, name } = handle;
  const pulumiCommand = await PulumiCommand.get({ root: join(engine.binDir, "..") });
  const place = { stackName: name, workDir: places.checkout };
  return LocalWorkspace.createOrSelectStack(place, { pulumiCommand, envVars: { ...engine.env } });
}
