// Previews, updates, destroys and reads a stack through the same CLI, files and plugins as plain `pulumi`.
import { existsSync } from "node:fs";
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import { z } from "zod";
import { keepingConfigFile } from "./config-file.ts";
import type { Engine } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { type Changes, failureOf, recordRun } from "./engine-events.ts";
import { checkoutPlaces, type EnginePlaces } from "./places.ts";
import { runOperation, runPulumi } from "./run-operation.ts";
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

const OUTPUT_TIMEOUT_MS = 60_000;
const outputsSchema = z.record(z.string(), z.unknown());

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
  return runStack(handle, options, ["preview"]);
}

/** Rejects with EngineError: `engine.policy-violated`, `engine.state-locked` or `engine.operation-failed`. */
export async function upStack(handle: StackHandle, options: RunOptions = {}): Promise<RunResult> {
  return runStack(handle, options, ["up", "--yes", "--skip-preview"]);
}

/** Deletes all that the stack has made; a stack that does not exist is destroyed already. */
export async function destroyStack(handle: StackHandle, options: RunOptions = {}): Promise<RunResult> {
  if (!readCheckpoint(handle.files)) return { changes: {} };
  const { policyPack: _unused, ...rest } = options;
  return runStack(handle, rest, ["destroy", "--yes", "--skip-preview"]);
}

/** Outputs by name, secrets in clear: for showing the key to its owner, never for logs. */
export async function readOutputs(handle: StackHandle): Promise<Readonly<Record<string, unknown>>> {
  if (!readCheckpoint(handle.files)) {
    throw new EngineError("engine.stack-missing", `There is no stack ${handle.name} yet.`, "npm run up");
  }
  return keepingConfigFile(handle.files.config, async () => {
    const text = await runPulumi(handle, ["stack", "output", "--json", "--show-secrets"], {
      timeoutMs: OUTPUT_TIMEOUT_MS,
    });
    return outputsSchema.parse(JSON.parse(text));
  });
}

/** Without the SDK's automation API: it starts the CLI five times for one update, and loses events cut by a read. */
async function runStack(
  handle: StackHandle,
  options: RunOptions,
  command: readonly string[],
): Promise<RunResult> {
  requireUnlocked(handle.files);
  const { policyPack, onOutput, onEvent, signal } = options;
  const record = recordRun();
  const policies = policyPack === undefined ? [] : ["--policy-pack", policyPack];
  return keepingConfigFile(handle.files.config, async () => {
    try {
      if (!existsSync(handle.files.checkpoint)) await runPulumi(handle, ["stack", "init"]);
      await runOperation(handle, [...command, ...policies], {
        onEvent: (event) => {
          record.observe(event);
          onEvent?.(event);
        },
        ...(onOutput && { onLine: (line) => onOutput(`${line}\n`) }),
        ...(signal && { interrupt: signal }),
      });
      return { changes: record.changes() };
    } catch (error) {
      throw failureOf(record, error);
    }
  });
}
