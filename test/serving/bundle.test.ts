// The bundle: same bytes wherever the checkout lies, nothing of Pulumi inside, and a gateway that runs from it alone.
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BundleWithInputs, buildBundleWithInputs } from "../../serving/bundle.ts";
import { freePort } from "../kit/free-port.ts";
import { keyEntry, until } from "./gateway/fixture.ts";
import { IRIS } from "./inference/inference-server.ts";

const checkout = resolve(import.meta.dirname, "../..");
let folder: string;
let bundle: BundleWithInputs;

function copyCheckout(name: string): string {
  const copy = join(folder, name);
  mkdirSync(copy, { recursive: true });
  cpSync(join(checkout, "serving"), join(copy, "serving"), { recursive: true });
  symlinkSync(join(checkout, "node_modules"), join(copy, "node_modules"));
  return copy;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rampa-bundle-"));
  bundle = await buildBundleWithInputs(copyCheckout("one"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the bundle", () => {
  it("has the same digest when built from another folder", async () => {
    const other = await buildBundleWithInputs(copyCheckout("another/and-deeper"));
    expect(other.path).not.toBe(bundle.path);
    expect(other.digest).toBe(bundle.digest);
  });

  it("contains nothing of Pulumi, of the components or of the model engine, and stays within 3 MB", () => {
    const inputs = Object.keys(bundle.metafile.inputs);
    expect(inputs).toContain("serving/main.ts");
    expect(inputs).toContain("serving/http/model/model-role.ts");
    expect(
      inputs.filter((path) =>
        /@pulumi|^components\/|^stacks\/|node_modules\/(node-llama-cpp|onnxruntime)/.test(path),
      ),
    ).toEqual([]);
    expect(bundle.bytes).toBeLessThanOrEqual(3_000_000);
  });

  it.each(["node-llama-cpp", "onnxruntime-node"])("imports the engine %s only on demand", (engine) => {
    const { imports } = bundle.metafile.outputs["dist/rampa.mjs"] ?? { imports: [] };
    const found = imports.filter(({ path }) => path === engine);
    expect(found.map(({ kind }) => kind)).toEqual(["dynamic-import"]);
  });
});

describe("the entry", () => {
  let alone: string;
  beforeAll(() => {
    alone = join(folder, "rampa.mjs");
    copyFileSync(bundle.path, alone);
  });

  const run = (config: string | undefined, args: readonly string[] = []): ChildProcess => {
    const { RAMPA_CONFIG: _, ...env } = process.env;
    return spawn(process.execPath, [alone, ...args], {
      env: config === undefined ? env : { ...env, RAMPA_CONFIG: config },
      stdio: ["ignore", "pipe", "pipe"],
    });
  };
  const ended = async (child: ChildProcess) => {
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      output += chunk;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    return { code, output };
  };
  const write = (name: string, value: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
    return path;
  };

  it("refuses a missing, unreadable or wrong configuration with exit code 2 and every problem", async () => {
    const [missing, broken, wrong] = await Promise.all([
      ended(run(undefined)),
      ended(run(write("broken.json", "{"))),
      ended(run(write("wrong.json", { role: "gateway", listen: { port: 0 }, routess: {} }))),
    ]);
    expect(missing).toMatchObject({ code: 2, output: expect.stringContaining("RAMPA_CONFIG") });
    expect(broken).toMatchObject({ code: 2, output: expect.stringContaining("not JSON") });
    expect(wrong.code).toBe(2);
    for (const part of ["keysFile", "listen.port", "routess", "Next: "]) expect(wrong.output).toContain(part);
  });

  it("is the thread of the inference engine too", async () => {
    const port = await freePort();
    const place = join(folder, "with-engine");
    mkdirSync(join(place, "cache/sha256"), { recursive: true });
    symlinkSync(join(checkout, "node_modules"), join(place, "node_modules"));
    copyFileSync(bundle.path, join(place, "rampa.mjs"));
    const { sha256 } = IRIS.artefact;
    copyFileSync(IRIS.artefact.source.slice("file:".length), join(place, "cache/sha256", sha256));
    const config = write("inference.json", {
      role: "inference",
      listen: { host: "127.0.0.1", port },
      version: "1.0.0",
      ...IRIS,
      cacheDir: join(place, "cache"),
      drain: { settleMs: 0 },
    });
    const server = spawn(process.execPath, [join(place, "rampa.mjs")], {
      env: { ...process.env, RAMPA_CONFIG: config },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const end = ended(server);
    const infer = () =>
      fetch(`http://127.0.0.1:${port}/v2/models/iris/infer`, {
        method: "POST",
        body: JSON.stringify({
          inputs: [{ name: "X", datatype: "FP32", shape: [1, 4], data: [5.1, 3.5, 1.4, 0.2] }],
        }),
      });
    try {
      await until(() =>
        infer().then(
          ({ status }) => status === 200,
          () => false,
        ),
      );
      expect(JSON.parse(await (await infer()).text()).outputs[0].data).toEqual(["setosa"]);
    } finally {
      server.kill("SIGTERM");
    }
    expect(await end).toMatchObject({ code: 0, output: expect.stringContaining('"msg":"drained"') });
  });

  it("runs a gateway without node_modules, becomes ready and ends with 0 on SIGTERM", async () => {
    const port = await freePort();
    const config = write("gateway.json", {
      role: "gateway",
      listen: { host: "127.0.0.1", port },
      keysFile: write("keys.json", { keys: [keyEntry("rk-1")] }),
      routes: { from: "file", path: write("routes.json", []) },
      drain: { settleMs: 0 },
    });
    expect(await ended(run(config, ["--check"]))).toMatchObject({ code: 0 });
    const gateway = run(config);
    const end = ended(gateway);
    const isReady = (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        (response) => response.status === 200,
        () => false,
      );
    try {
      await until(isReady);
    } finally {
      gateway.kill("SIGTERM");
    }
    expect(await end).toMatchObject({ code: 0, output: expect.stringContaining('"msg":"drained"') });
  });
});
