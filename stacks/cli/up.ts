// `rampa up`: takes a bare machine to an environment that answers, in numbered and timed steps.
import { join } from "node:path";
import { buildBundle } from "../../serving/bundle.ts";
import { ensureClusterBinaries } from "../local/cluster/binaries.ts";
import { ensureCluster } from "../local/cluster/cluster.ts";
import { ensureEngine } from "../local/engine/engine.ts";
import { changeCount } from "../local/engine/engine-events.ts";
import { prepareRuntimeImage } from "../local/images/runtime-image.ts";
import { paths } from "../local/paths.ts";
import type { Progress } from "../local/progress.ts";
import type { StackSettings } from "../settings.ts";
import { withChangeLock } from "./change-lock.ts";
import { CliError } from "./cli-error.ts";
import { fetchModel } from "./fetch-models.ts";
import { streamChat } from "./gateway-client.ts";
import type { OutputOptions } from "./output.ts";
import { type Applied, applyPlatform, type PlatformOutputs } from "./platform-stack.ts";
import { checkLocalMachine } from "./preflight.ts";
import { type Ready, renderReady } from "./ready-box.ts";
import { chooseDisplay, runSteps, type Step } from "./run-steps.ts";
import { artefactsOf, clusterSettingsOf, isForeignCluster, readStack } from "./stack-file.ts";
import { renderShares, type StepTime } from "./step-lines.ts";

export type UpOptions = OutputOptions & { readonly stack: string };

/** What the steps leave for each other, filled in order. */
type Run = {
  bundle?: string;
  applied?: Applied;
  answer?: string;
};

const FIRST_ANSWER_DEADLINE_MS = 120_000;

export async function runUp(options: UpOptions): Promise<number> {
  const settings = await readStack(options.stack);
  return withChangeLock("up", async () => {
    const run: Run = {};
    const steps = settings.environment === "local" ? localSteps(settings, run) : remoteSteps(settings, run);
    const times = await runSteps(steps, chooseDisplay(options.json === true));
    printResult(options, run, times);
    return 0;
  });
}

function localSteps(settings: StackSettings, run: Run): readonly Step[] {
  const wanted = clusterSettingsOf(settings);
  return [
    { title: "Check the machine", run: () => checkLocalMachine(settings) },
    { title: "Get the tools", run: (progress) => getTools(settings, progress) },
    { title: "Start the cluster", run: async (progress) => void (await ensureCluster(wanted, progress)) },
    {
      title: "Build the runtime",
      run: async (progress) => {
        run.bundle =
          settings.image === undefined
            ? (await prepareRuntimeImage({ deliver: true, progress })).bundlePath
            : (await buildBundle()).path;
      },
    },
    {
      title: "Fetch the models",
      run: async (progress) => {
        const { bundle } = run;
        if (bundle === undefined) return;
        for (const artefact of artefactsOf(settings)) await fetchModel(bundle, artefact, progress);
      },
    },
    ...platformSteps(settings, run),
  ];
}

/** Elsewhere cluster, image and weights are there already, or the program says in one line what is missing. */
function remoteSteps(settings: StackSettings, run: Run): readonly Step[] {
  const [apply] = platformSteps(settings, run);
  const engine: Step = {
    title: "Get the tools",
    run: async (progress) => void (await ensureEngine(progress)),
  };
  return apply ? [engine, apply] : [engine];
}

function platformSteps(settings: StackSettings, run: Run): readonly Step[] {
  return [
    {
      title: "Deploy the platform",
      run: async (progress) => {
        run.applied = await applyPlatform(settings.stack, progress);
      },
    },
    {
      title: "First answer",
      run: async (progress) => {
        if (run.applied) run.answer = await firstAnswer(run.applied.outputs, progress);
      },
    },
  ];
}

/** Engine and cluster side by side: one compiles while the other downloads, links or installs. */
async function getTools(settings: StackSettings, progress: Progress): Promise<void> {
  const last: Record<string, string> = {};
  const part = (name: string): Progress => ({
    report: (line) => {
      last[name] = line;
      progress.report(
        Object.entries(last)
          .map(([key, text]) => `${key}: ${text}`)
          .join("; "),
      );
    },
  });
  const work = [
    ensureEngine(part("engine")),
    ...(isForeignCluster(clusterSettingsOf(settings)) ? [] : [ensureClusterBinaries(part("cluster"))]),
  ];
  const failed = (await Promise.allSettled<unknown>(work)).filter((result) => result.status === "rejected");
  const [first] = failed;
  if (failed.length === 1) throw first?.reason;
  if (failed.length > 1) {
    const reasons = failed.map(({ reason }) => (reason instanceof Error ? reason.message : String(reason)));
    throw new CliError("cli.steps-failed", reasons.join("\n"), "correct these, then npm run up");
  }
}

async function firstAnswer(outputs: PlatformOutputs, progress: Progress): Promise<string> {
  const [endpoint] = outputs.endpoints;
  if (endpoint === undefined) {
    throw new CliError("cli.nothing-here", "the stack has no endpoints", "add one to the stack file");
  }
  progress.report(`asking ${endpoint.name} at ${endpoint.baseUrl}`);
  const { text } = await streamChat(
    { baseUrl: endpoint.baseUrl, key: outputs.apiKey },
    {
      model: endpoint.name,
      messages: [{ role: "user", content: "Say hello." }],
      maxTokens: 16,
      deadlineMs: FIRST_ANSWER_DEADLINE_MS,
    },
    () => {},
  );
  return text;
}

function printResult(options: UpOptions, run: Run, times: readonly StepTime[]): void {
  const { applied, answer } = run;
  if (applied === undefined) return;
  const { endpoints } = applied.outputs;
  if (options.json) {
    const { changes, isKeyNew } = applied;
    const document = {
      endpoints,
      changes,
      ...(isKeyNew && { key: applied.outputs.apiKey }),
      answer,
      steps: times,
    };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const box = endpoints.flatMap(({ name, baseUrl }) =>
    answer === undefined ? [] : [toReady(applied, { name, baseUrl, answer })],
  );
  const ready = box[0] === undefined ? "" : `\n${renderReady(box[0])}\n`;
  process.stdout.write(
    `\n${renderShares(times)}\n\n${changeCount(applied.changes)} resources changed\n${ready}`,
  );
}

function toReady(applied: Applied, first: { name: string; baseUrl: string; answer: string }): Ready {
  return {
    baseUrl: first.baseUrl,
    endpoint: first.name,
    answer: first.answer,
    logs: join(paths.home, "logs"),
    ...(applied.isKeyNew && { newKey: applied.outputs.apiKey }),
  };
}
