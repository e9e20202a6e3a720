// Real KEDA on a real Prometheus: a version falls asleep, a held request wakes it, load adds a pod, idleness takes all away.
import { execFile, execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { z } from "zod";
import { fetchDebianProgram } from "../../stacks/local/cluster/debian.ts";
import { silent } from "../../stacks/local/progress.ts";
import {
  prometheusObjects,
  startKeda,
  startPrometheus,
  writeTargets,
} from "../components/autoscaling/keda-in-node.ts";
import { ensureKeda, type KedaPrograms } from "../components/autoscaling/keda-programs.ts";
import { createLocalEnvironment, type LocalEnvironment } from "../kit/local-environment.ts";
import { type NodeHost, type NodeProcess, openNode } from "../kit/node-process.ts";
import { fetched, useTool } from "../kit/obtained-tool.ts";
import { type LoadReport, type LoadTarget, startSteadyLoad } from "../kit/steady-load.ts";

const MINUTE = 60_000;
const NAMESPACE = "rampa";
const DEPLOYMENT = "chat-1-0-0";
const SCRAPE_SECONDS = 2;
const HOLD_MS = 180_000;
const scaling = {
  kind: "keda",
  min: 0,
  max: 2,
  target: 1,
  downSeconds: 0,
  idleSeconds: 15,
  pollingSeconds: 5,
};
/** Idle time, the two minutes for which a request that is over counts, and as long again for readings on a busy machine. */
const ASLEEP_WITHIN_MS = 5 * MINUTE;

type World = {
  readonly operator: NodeProcess;
  readonly target: LoadTarget;
  kubectl(...args: readonly string[]): string;
  stopPrometheus(): Promise<void>;
  startPrometheus(): void;
};

const world = useTool(startWorld, 40 * MINUTE);
const left: { environment?: LocalEnvironment; node?: NodeHost; discovery?: NodeJS.Timeout } = {};

/** What KEDA has a hand in is gone only when KEDA says so: it goes last. */
afterAll(async () => {
  await left.environment?.remove();
  clearInterval(left.discovery);
  await left.node?.stop();
}, 5 * MINUTE);

async function startWorld(): Promise<World> {
  const programs = await ensureKeda();
  const prometheus = await fetched("prometheus", () =>
    fetchDebianProgram("prometheus", "prometheus", silent),
  );
  const environment = createLocalEnvironment(18_086);
  left.environment = environment;
  editStack(environment, (config) => {
    config.deleteIn(["rampa:endpoints", "chat", "versions", "1.1.0"]);
    config.setIn(["rampa:endpoints", "chat", "weights"], { "1.0.0": 100 });
    config.setIn(["rampa:gateway", "hold"], { ms: HOLD_MS });
  });
  await up(environment);
  const scaler = await startScaler(environment, programs, prometheus);
  editStack(environment, (config) =>
    config.setIn(["rampa:endpoints", "chat", "versions", "1.0.0", "scaling"], scaling),
  );
  await up(environment);
  return { ...scaler, target: await environment.loadTarget(), kubectl: kubectlOf(environment) };
}

type Scaler = Pick<World, "operator" | "stopPrometheus" | "startPrometheus">;

/** KEDA and the Prometheus that it asks, in the environment's cluster. */
async function startScaler(
  environment: LocalEnvironment,
  programs: KedaPrograms,
  program: string,
): Promise<Scaler> {
  const folder = join(environment.folder, ".rampa", "keda");
  const node = openNode(join(environment.folder, ".rampa"), folder);
  left.node = node;
  const kubectl = kubectlOf(environment);
  kubectl("apply", "--server-side", "--filename", programs.definitions);
  kubectl("wait", "--for=condition=Established", "customresourcedefinitions", "--all", "--timeout=60s");
  left.discovery = discoverPods(environment, folder);
  const startOne = (): NodeProcess =>
    startPrometheus(node, { program, folder, scrapeSeconds: SCRAPE_SECONDS });
  const running = { prometheus: startOne() };
  const { objects, operator } = await startKeda(node, programs, folder);
  const list = { apiVersion: "v1", kind: "List", items: [...objects, ...prometheusObjects(node)] };
  writeFileSync(join(folder, "objects.json"), JSON.stringify(list));
  kubectl("apply", "--filename", join(folder, "objects.json"));
  kubectl("wait", "--for=condition=Available", "apiservice/v1beta1.external.metrics.k8s.io", "--timeout=90s");
  return {
    operator,
    stopPrometheus: () => running.prometheus.stop(),
    startPrometheus() {
      running.prometheus = startOne();
    },
  };
}

function discoverPods(environment: LocalEnvironment, folder: string): NodeJS.Timeout {
  const query = [...kubectlArgs(environment), "--namespace", NAMESPACE, "get", "pods", "--output=json"];
  return setInterval(() => {
    execFile(join(environment.folder, ".rampa/bin/kubectl"), query, (error, stdout) => {
      if (error === null) writeTargets(folder, stdout);
    });
  }, 1_000);
}

type Config = {
  setIn(path: readonly string[], value: unknown): void;
  deleteIn(path: readonly string[]): boolean;
};

function editStack({ stackFile }: LocalEnvironment, edit: (config: Config) => void): void {
  const document = parseDocument(readFileSync(stackFile, "utf8"));
  edit({
    setIn: (path, value) => document.setIn(["config", ...path], value),
    deleteIn: (path) => document.deleteIn(["config", ...path]),
  });
  writeFileSync(stackFile, document.toString());
}

async function up(environment: LocalEnvironment): Promise<void> {
  const { code, stdout, stderr } = await environment.rampa("up");
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
}

const kubectlArgs = ({ folder }: LocalEnvironment): readonly string[] => [
  "--kubeconfig",
  join(folder, ".rampa/cluster/kubeconfig"),
];

function kubectlOf(environment: LocalEnvironment): World["kubectl"] {
  const program = join(environment.folder, ".rampa/bin/kubectl");
  return (...args) =>
    execFileSync(program, [...kubectlArgs(environment), ...args], { encoding: "utf8", timeout: 2 * MINUTE });
}

const deployment = z.object({
  spec: z.object({ replicas: z.int() }),
  status: z.object({ readyReplicas: z.int().default(0) }),
});

/** Pods wanted and pods ready. */
function pods(): { readonly wanted: number; readonly ready: number } {
  const query = ["--namespace", NAMESPACE, "get", "deployment", DEPLOYMENT, "--output=json"];
  const { spec, status } = deployment.parse(JSON.parse(world().kubectl(...query)));
  return { wanted: spec.replicas, ready: status.readyReplicas };
}

/** Seconds until it holds; what KEDA printed last is part of the failure. */
async function until(holds: () => boolean, withinMs: number): Promise<number> {
  const startMs = performance.now();
  while (!holds()) {
    if (performance.now() - startMs > withinMs) {
      const last = world().operator.output().split("\n").slice(-20).join("\n");
      throw new Error(`not within ${withinMs / 1000} s; pods ${JSON.stringify(pods())}; KEDA: ${last}`);
    }
    await sleep(500);
  }
  return (performance.now() - startMs) / 1000;
}

/** The fewest and the most pods that were wanted meanwhile. */
async function watchPods(forMs: number): Promise<readonly [fewest: number, most: number]> {
  const seen: number[] = [];
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    seen.push(pods().wanted);
    await sleep(1_000);
  }
  return [Math.min(...seen), Math.max(...seen)];
}

const isAsleep = (): boolean => pods().wanted === 0;

/** One short request with as long to wait as the gateway holds it; the status and who answered. */
async function ask(): Promise<readonly [status: number, version: string | null]> {
  const { baseUrl, key, model } = world().target;
  const answer = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Say one word." }], max_tokens: 1 }),
    signal: AbortSignal.timeout(HOLD_MS),
  });
  await answer.text();
  return [answer.status, answer.headers.get("x-rampa-version")];
}

async function underLoad<T>(work: () => Promise<T>): Promise<readonly [T, LoadReport]> {
  const load = startSteadyLoad(world().target, 4);
  try {
    const result = await work();
    return [result, await load.stop()];
  } catch (error) {
    await load.stop();
    throw error;
  }
}

const condition = z.object({ type: z.string(), status: z.string() });
const scaledObject = z.object({ status: z.object({ conditions: z.array(condition) }) });

describe("a version that may sleep", () => {
  it("is one that KEDA accepts and can read the figures of", async () => {
    const query = ["--namespace", NAMESPACE, "get", "scaledobject", DEPLOYMENT, "--output=json"];
    const conditions = () =>
      scaledObject
        .parse(JSON.parse(world().kubectl(...query)))
        .status.conditions.flatMap(({ type, status }) => (status === "True" ? [type] : []));
    await until(() => conditions().includes("Ready"), MINUTE);
    expect(pods().wanted).toBe(1);
  });

  it("has no pod once nobody has asked for a while", async () => {
    const seconds = await until(isAsleep, ASLEEP_WITHIN_MS);
    console.log(`asleep after ${seconds.toFixed(1)} s`);
  });

  it("goes on sleeping while Prometheus is away", async () => {
    await world().stopPrometheus();
    expect(await watchPods(40_000)).toEqual([0, 0]);
    world().startPrometheus();
  });

  it("is woken by a request, which is held and then answered", async () => {
    const startMs = performance.now();
    const answer = ask();
    const wanted = await until(() => pods().wanted === 1, MINUTE);
    const ready = await until(() => pods().ready === 1, 2 * MINUTE);
    expect(await answer).toEqual([200, "1.0.0"]);
    const answered = (performance.now() - startMs) / 1000;
    const times = { wanted, ready: wanted + ready, answered };
    console.log(`woken, seconds after the request: ${JSON.stringify(times)}`);
  });

  it("stays awake for short requests now and then, which no gauge shows", async () => {
    for (const _ of [1, 2, 3]) {
      expect(await ask()).toEqual([200, "1.0.0"]);
      expect((await watchPods(25_000))[0]).toBeGreaterThan(0);
    }
  });

  it("gets a second pod under load, by the API of external metrics", async () => {
    const [seconds, { failures }] = await underLoad(() => until(() => pods().ready === 2, 4 * MINUTE));
    expect(failures).toEqual(new Map());
    console.log(`second pod ready after ${seconds.toFixed(1)} s`);
  });

  it("loses its pods again, the last one too", async () => {
    const seconds = await until(isAsleep, ASLEEP_WITHIN_MS + 2 * MINUTE);
    console.log(`asleep again after ${seconds.toFixed(1)} s`);
  });
});
