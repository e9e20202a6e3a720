// The fetch role as real processes: killed in the middle, and several at once on what a killed one left.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { artefactPath } from "../../../../serving/adapters/artefact/store-artefact.ts";
import { paths } from "../../../../stacks/local/paths.ts";
import { type ArtefactServer, sendBytes, serveArtefact } from "./artefact-server.ts";

const bytes = randomBytes(2_000_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");

let folder = "";
let server: ArtefactServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rampa-fetch-"));
  const artefact = { source: "hf:org/model@v1/a.gguf", sha256 };
  await writeFile(join(folder, "config.json"), JSON.stringify({ role: "fetch", artefact, cacheDir: folder }));
  server = await serveArtefact((request, response, count) => {
    // The first caller gets a half and no end, so that it can be killed in the middle.
    if (count > 1) sendBytes(bytes)(request, response, count);
    else response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, 1_000_000));
  });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const parts = (): Promise<string[]> => readdir(join(folder, "tmp")).catch(() => []);
const stored = (): Promise<string[]> => readdir(join(folder, "sha256"));

function startFetch(): { child: ChildProcess; ended: Promise<{ code: number | null; output: string }> } {
  const env = { ...process.env, RAMPA_CONFIG: join(folder, "config.json"), HF_ENDPOINT: server.origin };
  const child = spawn(process.execPath, [join(paths.checkout, "serving/main.ts")], { env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, output })),
  );
  return { child, ended };
}

/** Leaves the half that a fetch had when it was killed with -9, old enough to be a dead process's. */
async function killInTheMiddle(): Promise<void> {
  const { child, ended } = startFetch();
  const sizeOfPart = async (): Promise<number> => {
    const [part] = await parts();
    return part === undefined ? 0 : (await stat(join(folder, "tmp", part))).size;
  };
  await expect.poll(sizeOfPart, { timeout: 15_000 }).toBe(1_000_000);
  child.kill("SIGKILL");
  await ended;
  expect(await stored()).toEqual([]);
  const minuteAgo = new Date(Date.now() - 60_000);
  for (const part of await parts()) await utimes(join(folder, "tmp", part), minuteAgo, minuteAgo);
}

async function expectWhole(): Promise<void> {
  expect((await readFile(artefactPath(folder, sha256))).equals(bytes)).toBe(true);
  expect(await stored()).toEqual([sha256]);
  expect(await parts()).toEqual([]);
}

describe("a fetch that was killed with -9", () => {
  it("is gone on with by the next one, and leaves nothing beside the whole file", async () => {
    await killInTheMiddle();
    const { code, output } = await startFetch().ended;
    expect(code, output).toBe(0);
    expect(server.seen.map((request) => request.headers.range)).toEqual([undefined, "bytes=1000000-"]);
    await expectWhole();
  });

  it("is gone on with by one of five that start together; the others take its result", async () => {
    await killInTheMiddle();
    const all = await Promise.all(Array.from({ length: 5 }, () => startFetch().ended));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    const done = all.map(({ output }) => JSON.parse(output.trim().split("\n").at(-1) ?? ""));
    expect(done.filter(({ wasCached }) => !wasCached)).toHaveLength(1);
    expect(server.seen).toHaveLength(2);
    await expectWhole();
  });
});
