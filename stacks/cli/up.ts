// `rampa up`: takes a bare machine to an environment that answers, in numbered and timed steps.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildBundle } from "../../serving/bundle.ts";
import { ensureClusterBinaries } from "../local/cluster/binaries.ts";
import { ensureCluster } from "../local/cluster/cluster.ts";
import { ensureEngine } from "../local/engine/engine.ts";
import { changeCount } from "../local/engine/engine-events.ts";
import { hasStandIns } from "../local/engine/environment.ts";
import { checkoutPlaces } from "../local/engine/places.ts";
import { publishRuntimeImage } from "../local/images/publish-image.ts";
import { prepareRuntimeImage } from "../local/images/runtime-image.ts";
import { prepareToolImages } from "../local/images/tool-image.ts";
import { paths } from "../local/paths.ts";
import type { Progress } from "../local/progress.ts";
import { wantedTools } from "../local-tools.ts";
import { ownsCluster, type StackSettings } from "../settings.ts";
import { withChangeLock } from "./change-lock.ts";
import { CliError, type CliErrorCode } from "./cli-error.ts";
import { fetchModel } from "./fetch-models.ts";
import { type ChatAnswer, type ChatCall, streamChat } from "./gateway-client.ts";
import { withGateway } from "./gateway-tunnel.ts";
import type { OutputOptions } from "./output.ts";
import { type Applied, applyPlatform, type PlatformOutputs } from "./platform-stack.ts";
import { checkLocalMachine } from "./preflight.ts";
import { type Ready, renderReady } from "./ready-box.ts";
import { chooseDisplay, runSteps, type Step } from "./run-steps.ts";
import { requireCluster } from "./stack-cluster.ts";
import { clusterSettingsOf, fetchesOf, isForeignCluster, readStack } from "./stack-file.ts";
import { renderShares, type StepTime } from "./step-lines.ts";

export type UpOptions = OutputOptions & {
  readonly stack: string;
  /** Fields that the JSON document begins with. */
  readonly about?: Readonly<Record<string, unknown>>;
};

/** What the steps leave for each other, filled in order. */
type Run = {
  bundle?: string;
  applied?: Applied;
  answer?: string;
};

const FIRST_ANSWER_DEADLINE_MS = 120_000;
const NOT_READY: readonly CliErrorCode[] = ["cli.endpoint-unavailable", "cli.gateway-unreachable"];
const NOT_READY_MS = 60_000;
const NOT_READY_POLL_MS = 500;

export async function runUp(options: UpOptions): Promise<number> {
  const settings = await readStack(options.stack);
  return withChangeLock("up", async () => {
    const run: Run = {};
    const steps = settings.environment === "local" ? localSteps(settings, run) : remoteSteps(settings, run);
    const times = await runSteps(steps, chooseDisplay(options.json === true));
    printResult(options, { ...run, settings }, times);
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
            : await publishImage(settings.image, progress);
        await prepareToolImages(wantedTools(settings), { deliver: true, progress });
      },
    },
    {
      title: "Fetch the models",
      run: async (progress) => {
        const { bundle } = run;
        if (bundle === undefined) return;
        for (const artefact of fetchesOf(settings)) await fetchModel(bundle, artefact, progress);
      },
    },
    ...platformSteps(settings, run),
  ];
}

/** Elsewhere the cluster is there already or made on AWS, or one line says what is missing; pods fetch the weights. */
function remoteSteps(settings: StackSettings, run: Run): readonly Step[] {
  const { image } = settings;
  const publish: Step = {
    title: "Push the runtime",
    run: async (progress) => {
      if (image) await publishImage(image, progress);
    },
  };
  const ground: readonly Step[] = ownsCluster(settings)
    ? [{ title: "Get the tools", run: (progress) => getCloudTools(settings, progress) }]
    : [
        { title: "Find the cluster", run: async () => void (await requireCluster(settings)) },
        { title: "Get the tools", run: async (progress) => void (await ensureEngine(progress)) },
      ];
  return [...ground, ...(image?.digest === undefined ? [publish] : []), ...platformSteps(settings, run)];
}

/** What is done on AWS is done by Pulumi's own plugin: the stand-in for it can only plan. */
async function getCloudTools({ stack }: StackSettings, progress: Progress): Promise<void> {
  await ensureEngine(progress, checkoutPlaces, { more: ["aws"] });
  if (!hasStandIns(checkoutPlaces)) return;
  throw new CliError(
    "cli.plugin-missing",
    `stack ${stack} makes its cluster on AWS, and Pulumi's aws plugin is neither installed nor to be had from here`,
    `npm run rampa -- preview --stack ${stack} --offline to plan it; to deploy to a cluster that exists, name it in rampa:cluster.context`,
  );
}

/** Path of this checkout's bundle; an image without a digest is built around it and pushed. */
async function publishImage(
  { repository, digest }: NonNullable<StackSettings["image"]>,
  progress: Progress,
): Promise<string> {
  if (digest !== undefined) return (await buildBundle()).path;
  return (await publishRuntimeImage({ repository, push: true, progress })).bundlePath;
}

function platformSteps(settings: StackSettings, run: Run): readonly Step[] {
  return [
    {
      title: "Deploy the platform",
      stopsInOrder: true,
      run: async (progress) => {
        run.applied = await applyPlatform(settings, progress);
      },
    },
    {
      title: "First answer",
      run: async (progress) => {
        const answer = run.applied && (await firstAnswer(settings, run.applied.outputs, progress));
        if (answer !== undefined) run.answer = answer;
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

async function firstAnswer(
  settings: StackSettings,
  outputs: PlatformOutputs,
  progress: Progress,
): Promise<string | undefined> {
  if (outputs.endpoints.length === 0) {
    throw new CliError("cli.nothing-here", "the stack has no endpoints", "add one to the stack file");
  }
  const endpoint = outputs.endpoints.find(({ name }) => isTalker(settings, name));
  if (endpoint === undefined) {
    progress.report("no endpoint of this stack writes text");
    return undefined;
  }
  progress.report(`asking ${endpoint.name} at ${endpoint.baseUrl}`);
  const call: ChatCall = {
    model: endpoint.name,
    messages: [{ role: "user", content: "Say hello." }],
    maxTokens: 16,
    deadlineMs: FIRST_ANSWER_DEADLINE_MS,
  };
  return await withGateway(settings, endpoint.baseUrl, (baseUrl) =>
    answerOnceReady(() => streamChat({ baseUrl, key: outputs.apiKey }, call, () => {}), progress),
  );
}

/** The ONNX engine computes vectors and predictions, and has no words. */
function isTalker({ endpoints }: StackSettings, name: string): boolean {
  return Object.values(endpoints[name]?.versions ?? {}).some(({ engine }) => engine !== "onnx");
}

/** After a cluster came back, pods count as ready for some seconds in which they do not answer yet. */
async function answerOnceReady(ask: () => Promise<ChatAnswer>, progress: Progress): Promise<string> {
  const until = Date.now() + NOT_READY_MS;
  for (;;) {
    try {
      return (await ask()).text;
    } catch (error) {
      if (!(error instanceof CliError) || !NOT_READY.includes(error.code) || Date.now() > until) throw error;
      progress.report(`not ready yet: ${error.message.split("\n")[0]}`);
      await sleep(NOT_READY_POLL_MS);
    }
  }
}

type Result = Run & { readonly settings: StackSettings };

function printResult(options: UpOptions, result: Result, times: readonly StepTime[]): void {
  const { applied, answer, settings } = result;
  if (applied === undefined) return;
  const { endpoints } = applied.outputs;
  if (options.json) {
    const { changes, isKeyNew } = applied;
    const document = {
      ...options.about,
      endpoints,
      changes,
      ...(isKeyNew && { key: applied.outputs.apiKey }),
      answer,
      steps: times,
    };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const talkers = endpoints.filter(({ name }) => isTalker(settings, name));
  const box = talkers.flatMap(({ name, baseUrl }) =>
    answer === undefined ? [] : [toReady(applied, settings, { name, baseUrl, answer })],
  );
  const ready = box[0] === undefined ? "" : `\n${renderReady(box[0])}\n`;
  process.stdout.write(
    `\n${renderShares(times)}\n\n${changeCount(applied.changes)} resources changed\n${ready}`,
  );
}

function toReady(
  applied: Applied,
  settings: StackSettings,
  first: { name: string; baseUrl: string; answer: string },
): Ready {
  return {
    stack: settings.stack,
    isHere: settings.local !== undefined,
    baseUrl: first.baseUrl,
    endpoint: first.name,
    answer: first.answer,
    logs: join(paths.home, "logs"),
    ...(applied.isKeyNew && { newKey: applied.outputs.apiKey }),
  };
}
