// How a model server starts and ends: refused weights, probes while loading, drain of a running stream.
import { copyFile, mkdir, mkdtemp, open, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { artefactPath } from "../../../serving/adapters/artefact/store-artefact.ts";
import {
  type Launched,
  launchModelServer,
  REAL_ARTEFACT,
  realWeights,
  startModelServer,
} from "./model-server.ts";

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

const DRAIN = { settleMs: 0, graceMs: 2_000 };
/** Settle and grace time and two seconds, and what a busy machine may need to wake the processes. */
const END_MS = DRAIN.settleMs + DRAIN.graceMs + 2_000 + 8_000;

async function untilReady({ origin, child, output }: Launched): Promise<void> {
  const deadline = performance.now() + 120_000;
  for (;;) {
    const ready = await fetch(`${origin}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`not ready: ${output()}`);
    await sleep(100);
  }
}

/** SIGTERM, then the exit code; a server that outlasts the time is killed, which the code shows. */
async function terminate({ child, exited }: Launched): Promise<number | null> {
  const hardEnd = setTimeout(() => child.kill("SIGKILL"), END_MS);
  child.kill("SIGTERM");
  const code = await exited;
  clearTimeout(hardEnd);
  return code;
}

/** Begins an answer that no grace time of these tests can await, and resolves at its first bytes. */
async function beginLongStream(origin: string): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const body = { model: "chat", prompt: "One, two,", max_tokens: 8_000, stream: true };
  const response = await fetch(`${origin}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, logit_bias: { "1": -100 } }),
  });
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error(`no stream: status ${response.status}`);
  await reader.read();
  return reader;
}

async function readRest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += Buffer.from(value).toString();
  }
}

describe("a model server told to stop", () => {
  it("exits with code 0 when idle", async () => {
    const launched = await launchModelServer({ drain: DRAIN });
    await untilReady(launched);
    expect(await terminate(launched)).toBe(0);
    expect(launched.output()).toContain('"msg":"drained"');
  }, 150_000);

  it("cuts a stream that outlasts the grace time with an error event, and exits with code 0", async () => {
    const launched = await launchModelServer({ drain: DRAIN, contextTokens: 8_192 });
    await untilReady(launched);
    const rest = readRest(await beginLongStream(launched.origin));
    expect(await terminate(launched)).toBe(0);
    expect(await rest).toContain('"error"');
  }, 150_000);

  it("exits with code 0 when the reader of its log is gone while it answers", async () => {
    const launched = await launchModelServer({ drain: DRAIN, contextTokens: 8_192 });
    await untilReady(launched);
    const rest = readRest(await beginLongStream(launched.origin)).catch(() => "broken off");
    launched.child.stdout?.destroy();
    launched.child.stderr?.destroy();
    await fetch(`${launched.origin}/v1/models`);
    expect(await terminate(launched)).toBe(0);
    await rest;
  }, 150_000);

  it("ends with exit code 70 when its engine never yields", async () => {
    const launched = await launchModelServer({}, "test/serving/model/wedged-server.ts");
    await untilReady(launched);
    const answer = fetch(`${launched.origin}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "chat", prompt: "One, two," }),
    }).catch(() => "broken off");
    expect(await launched.exited).toBe(70);
    expect(launched.output()).toContain("made no progress for");
    expect(await answer).toBe("broken off");
  }, 60_000);
});

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
