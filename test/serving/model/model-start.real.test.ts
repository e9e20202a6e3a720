// How a model server starts and ends: refused weights, probes while loading, drain of a running stream.
import { copyFile, mkdir, mkdtemp, open, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import OpenAI from "openai";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { artefactPath } from "../../../serving/adapters/artefact/store-artefact.ts";
import { launchModelServer, REAL_ARTEFACT, realWeights, startModelServer } from "./model-server.ts";

let weights = "";
const folders: string[] = [];
beforeAll(async () => {
  weights = await realWeights();
}, 20 * 60_000);
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** A cache whose weights were spoilt after they were fetched. */
async function spoiltCache(
  spoil: (path: string) => Promise<void>,
): Promise<{ cacheDir: string; path: string }> {
  const cacheDir = await mkdtemp(join(tmpdir(), "rampa-spoilt-"));
  folders.push(cacheDir);
  const path = artefactPath(cacheDir, REAL_ARTEFACT.sha256);
  await mkdir(dirname(path));
  await copyFile(weights, path);
  await spoil(path);
  return { cacheDir, path };
}

async function flipByte(path: string): Promise<void> {
  const file = await open(path, "r+");
  await file.write(Buffer.from([0xff]), 0, 1, 200_000_000);
  await file.close();
}

describe("a model server", () => {
  it.each([
    ["cut short in its tensors", (path: string) => truncate(path, 20_000_000), "model.truncated"],
    ["with one byte changed", flipByte, "model.checksum"],
  ])(
    "ends with exit code 1 on a file %s, and never gets ready",
    async (_name, spoil, code) => {
      const { cacheDir, path } = await spoiltCache(spoil);
      const launched = await launchModelServer({ cacheDir });
      expect(await launched.exited).toBe(1);
      expect(launched.output()).toContain(`"code":"${code}"`);
      expect(launched.output()).toContain(path);
      expect(launched.output()).toContain(`sha256 ${REAL_ARTEFACT.sha256}`);
    },
    60_000,
  );

  it("names the remedy when the weights have no chat template", async () => {
    const launched = await launchModelServer({ chatTemplate: "model" });
    expect(await launched.exited).toBe(1);
    expect(launched.output()).toContain("chatTemplate set to gemma, chatml or llama3");
  }, 60_000);

  it("finishes a running stream after SIGTERM and exits with code 0", async () => {
    const server = await startModelServer({ sequences: 1, drain: { settleMs: 0, graceMs: 60_000 } });
    const openai = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: "unused", maxRetries: 0 });
    const stream = await openai.completions.create({
      model: "chat",
      prompt: "One, two,",
      max_tokens: 24,
      logit_bias: { "1": -100 },
      stream: true,
    });
    let stopped: Promise<number | null> | undefined;
    let finish: string | null | undefined;
    for await (const chunk of stream) {
      stopped ??= server.stop();
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    expect(finish).toBe("length");
    expect(await stopped).toBe(0);
  }, 120_000);
});
