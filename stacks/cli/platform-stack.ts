// The verbs' view of the deployed stack: preview, apply, destroy, outputs; policies, progress and recovery included.
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import { z } from "zod";
import { today } from "../../components/contract/today.ts";
import { policyPackFolder } from "../../policies/pack-folder.ts";
import { ensureEngine } from "../local/engine/engine.ts";
import { EngineError } from "../local/engine/engine-error.ts";
import type { Changes } from "../local/engine/engine-events.ts";
import { deployedState, openOfflineStack } from "../local/engine/offline-engine.ts";
import { checkoutPlaces } from "../local/engine/places.ts";
import type { ProviderChoice } from "../local/engine/provider-plugins.ts";
import { recoverStack } from "../local/engine/recovery.ts";
import { runTool } from "../local/engine/run-tool.ts";
import {
  destroyStack,
  openStack,
  previewStack,
  type RunOptions,
  readOutputs,
  type StackHandle,
  upStack,
} from "../local/engine/stack.ts";
import { readCheckpoint, stateFilesOf } from "../local/engine/state-files.ts";
import { paths } from "../local/paths.ts";
import { type Progress, silent } from "../local/progress.ts";
import { collectPlan } from "../preview/collect-plan.ts";
import { type Decision, decide } from "../preview/decision.ts";
import { type Release, releaseSchema } from "../release.ts";
import { ownsCluster, type StackSettings } from "../settings.ts";
import { StackError } from "../stack-error.ts";
import { CliError } from "./cli-error.ts";
import { describeEngineEvent } from "./engine-event-line.ts";
import { upCommand } from "./next-command.ts";
import { findCluster } from "./stack-cluster.ts";

const outputsSchema = z.object({
  endpoints: z.array(
    z.object({
      name: z.string(),
      baseUrl: z.string(),
      versions: z.array(z.object({ version: z.string(), weight: z.number() })),
    }),
  ),
  apiKey: z.string(),
});

export type PlatformOutputs = z.output<typeof outputsSchema>;

export type Applied = {
  readonly outputs: PlatformOutputs;
  readonly changes: Changes;
  /** Whether this run made the client key that is now the newest. */
  readonly isKeyNew: boolean;
};

/** What the engine printed in its last run, without secrets; `rampa logs pulumi` shows it. */
export const engineLog = join(paths.logs, "pulumi.log");

const FORGET_WITHIN_MS = 60_000;

export function hasStack(stack: string): boolean {
  return readCheckpoint(stateFilesOf(checkoutPlaces, stack)) !== undefined;
}

export type Preview = {
  readonly changes: Changes;
  readonly decision: Decision;
  /** Why the policies stop the change. */
  readonly violation: EngineError | undefined;
};

/** Rejects where the preview could not be made; a plan that policies stop is a result. */
export async function previewPlatform(settings: StackSettings, progress: Progress): Promise<Preview> {
  return previewHandle(await open(settings.stack, progress, providersOf(settings)), progress);
}

/** As `previewPlatform`, from the same state, by stand-ins alone: neither cloud nor cluster is asked. */
export async function planPlatform(stack: string, progress: Progress): Promise<Preview> {
  const offline = await openOfflineStack(stack, { world: "plan", progress, ...deployedState(stack) });
  try {
    return await previewHandle(offline.handle, progress);
  } finally {
    offline.remove();
  }
}

async function previewHandle(handle: StackHandle, progress: Progress): Promise<Preview> {
  const { name: stack } = handle;
  const plan = collectPlan();
  const { changes, violation } = await runEngine(progress, (options) => {
    const onEvent = (event: EngineEvent): void => {
      plan.observe(event);
      options.onEvent?.(event);
    };
    return previewStack(handle, { ...options, onEvent }).then(
      ({ changes }) => ({ changes, violation: undefined }),
      (error: unknown) => ({ changes: {}, violation: asViolation(error) }),
    );
  });
  const day = today();
  const [before, after, findings] = [plan.before(), plan.after(), plan.findings()];
  return { changes, violation, decision: decide({ stack, day, before, after, findings }) };
}

function asViolation(error: unknown): EngineError {
  if (error instanceof EngineError && error.code === "engine.policy-violated") return error;
  throw error;
}

/** Recovers what a killed run left, then brings the stack to its settings. */
export async function applyPlatform(settings: StackSettings, progress: Progress): Promise<Applied> {
  const { stack } = settings;
  const handle = await open(stack, progress, providersOf(settings));
  const before = hasStack(stack) ? outputsSchema.safeParse(await readOutputs(handle)).data : undefined;
  await recoverFrom(handle, settings);
  const { changes } = await runEngine(progress, (options) => upStack(handle, options));
  const outputs = outputsSchema.parse(await readOutputs(handle));
  return { outputs, changes, isKeyNew: before?.apiKey !== outputs.apiKey };
}

/** Deletes everything through the API server; a stack that was never made is gone already. */
export async function destroyPlatform(settings: StackSettings, progress: Progress): Promise<void> {
  const { stack } = settings;
  if (!hasStack(stack)) return;
  const handle = await open(stack, progress, providersOf(settings));
  await recoverFrom(handle, settings);
  await runEngine(progress, (options) => destroyStack(handle, options));
}

/** Drops the state of a stack whose cluster is gone, or about to go, with everything in it. */
export async function forgetPlatform(stack: string): Promise<void> {
  if (!hasStack(stack)) return;
  const { pulumi, env } = await ensureEngine(silent);
  const args = ["stack", "rm", stack, "--yes", "--force", "--preserve-config", "--non-interactive"];
  await runTool({ command: pulumi, args, cwd: paths.checkout, env, timeoutMs: FORGET_WITHIN_MS });
}

/** Outputs of a stack that stands, its key in clear; does not set up an engine where there is none. */
export async function readPlatformOutputs(stack: string): Promise<PlatformOutputs> {
  const stands = existsSync(join(paths.bin, "pulumi")) && hasStack(stack);
  const outputs = stands
    ? outputsSchema.safeParse(await readOutputs(await open(stack, silent))).data
    : undefined;
  if (outputs) return outputs;
  const message = `the stack ${stack} has not been deployed completely`;
  throw new CliError("cli.nothing-here", message, upCommand(stack));
}

/** What a deployed stack runs, as the next environment may take it over. */
export async function readRelease(stack: string): Promise<Release> {
  const outputs = hasStack(stack) ? await readOutputs(await open(stack, silent)) : {};
  const { data } = releaseSchema.safeParse(outputs.release);
  if (data) return data;
  throw new CliError(
    "cli.nothing-here",
    `the stack ${stack} has not been deployed completely`,
    upCommand(stack),
  );
}

async function open(stack: string, progress: Progress, providers: ProviderChoice = {}): Promise<StackHandle> {
  return openStack(await ensureEngine(progress, checkoutPlaces, providers), stack);
}

function providersOf({ cluster }: StackSettings): ProviderChoice {
  return cluster.use === "aws" ? { more: ["aws"] } : {};
}

/** A killed run worked in the stack's cluster; one that the stack makes itself may not stand yet. */
async function recoverFrom(handle: StackHandle, settings: StackSettings): Promise<void> {
  const cluster = await findCluster(settings).catch((error: unknown) => {
    if (ownsCluster(settings) && error instanceof StackError) return undefined;
    throw error;
  });
  const kubeconfig = process.env.KUBECONFIG ?? join(homedir(), ".kube", "config");
  await recoverStack(handle, cluster?.kubeconfig ?? kubeconfig, cluster?.context);
}

/** With policies, a log, progress lines, and an orderly cancel when this process is told to end. */
async function runEngine<T>(progress: Progress, run: (options: RunOptions) => Promise<T>): Promise<T> {
  mkdirSync(paths.logs, { recursive: true });
  writeFileSync(engineLog, "");
  const stop = new AbortController();
  let isTold = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    isTold = true;
    progress.report("stopping in order; told once more, it stops at once");
    // A terminal sends Ctrl-C to the engine itself, which takes a second one as an order to stop at once.
    if (signal !== "SIGINT" || !process.stdin.isTTY) stop.abort();
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  let done = 0;
  try {
    return await run({
      policyPack: policyPackFolder,
      signal: stop.signal,
      onOutput: (text) => appendFileSync(engineLog, text),
      onEvent: (event) => {
        if (event.resOutputsEvent) done += 1;
        const line = describeEngineEvent(event);
        if (line !== undefined) progress.report(`${line} (${done} done)`);
      },
    });
  } catch (error) {
    if (!isTold) throw error;
    const next = "run the same command again; it goes on from here";
    throw new CliError("cli.interrupted", "stopped before the end", next);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}
