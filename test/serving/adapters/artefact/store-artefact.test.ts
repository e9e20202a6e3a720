// Fetching into the cache from a real web server: resume, damage, redirects, two processes at once.
import { createHash, randomBytes } from "node:crypto";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ArtefactSource } from "../../../../serving/adapters/artefact/artefact-source.ts";
import { fileSource } from "../../../../serving/adapters/artefact/file-source.ts";
import { httpSource } from "../../../../serving/adapters/artefact/http-source.ts";
import {
  artefactPath,
  type FetchEvent,
  type StoreInput,
  storeArtefact,
} from "../../../../serving/adapters/artefact/store-artefact.ts";
import { type Answer, type ArtefactServer, sendBytes, serveArtefact } from "./artefact-server.ts";

const bytes = randomBytes(300_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const around = { env: {}, now: () => new Date() };
const times = { refreshMs: 20, staleMs: 200, pollMs: 10, waitMs: 2_000 };

let cacheDir = "";
let server: ArtefactServer | undefined;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "rampa-store-"));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(cacheDir, { recursive: true });
});

function input(source: ArtefactSource, events: FetchEvent[] = []): StoreInput {
  return {
    artefact: { source: "https://models.example/a.gguf", sha256 },
    cacheDir,
    source,
    signal: AbortSignal.timeout(5_000),
    report: (event) => events.push(event),
    claimTimes: times,
    retryDelayMs: 1,
  };
}

/** As a killed process leaves it: `bytes` under a name of its own, untouched for `ageMs`. */
async function leavePart(content: Uint8Array, ageMs = 10_000, name = sha256): Promise<string> {
  const path = join(cacheDir, "tmp", `${name}.left-${content.length}.part`);
  await mkdir(join(cacheDir, "tmp"), { recursive: true });
  await writeFile(path, content);
  const then = new Date(Date.now() - ageMs);
  await utimes(path, then, then);
  return path;
}

async function sourceOf(answer: Answer): Promise<ArtefactSource> {
  server = await serveArtefact(answer);
  return httpSource(
    { url: new URL(`${server.origin}/a.gguf?token=secret`), headers: (_to, range) => range },
    around,
  );
}

describe("fetching an artefact", () => {
  it("puts the verified file into the cache and reports progress up to the total", async () => {
    const events: FetchEvent[] = [];
    const stored = await storeArtefact(input(await sourceOf(sendBytes(bytes)), events));
    expect(stored).toEqual({ path: artefactPath(cacheDir, sha256), wasCached: false });
    expect((await readFile(stored.path)).equals(bytes)).toBe(true);
    expect(events.at(-1)).toEqual({ event: "progress", done: bytes.length, total: bytes.length });
    expect(await readdir(join(cacheDir, "tmp"))).toEqual([]);
  });

  it("asks no server when the cached file is intact", async () => {
    const source = await sourceOf(sendBytes(bytes));
    await storeArtefact(input(source));
    expect(await storeArtefact(input(source))).toMatchObject({ wasCached: true });
    expect(server?.seen.length).toBe(1);
  });

  it("fetches anew when the cached file was damaged", async () => {
    const path = artefactPath(cacheDir, sha256);
    await mkdir(join(cacheDir, "sha256"));
    await writeFile(path, "damaged");
    expect(await storeArtefact(input(await sourceOf(sendBytes(bytes))))).toMatchObject({ wasCached: false });
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it("continues where a broken connection stopped", async () => {
    const events: FetchEvent[] = [];
    const source = await sourceOf((request, response, count) =>
      sendBytes(bytes, count === 1 ? 100_000 : undefined)(request, response, count),
    );
    await storeArtefact(input(source, events));
    expect(events.filter((event) => event.event === "retry").length).toBe(1);
    expect(server?.seen[1]?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it("continues a download that a killed process left behind", async () => {
    await leavePart(bytes.subarray(0, 1_000));
    await storeArtefact(input(await sourceOf(sendBytes(bytes))));
    expect(server?.seen[0]?.headers.range).toBe("bytes=1000-");
  });

  it("starts over when what was left behind is damaged", async () => {
    await leavePart(Buffer.alloc(1_000));
    await storeArtefact(input(await sourceOf(sendBytes(bytes))));
    expect(server?.seen.map((request) => request.headers.range)).toEqual(["bytes=1000-", undefined]);
  });

  it("starts over when the source cannot continue", async () => {
    await leavePart(bytes.subarray(0, 1_000));
    const source = await sourceOf((_request, response) => response.end(bytes));
    await storeArtefact(input(source));
    expect((await stat(artefactPath(cacheDir, sha256))).size).toBe(bytes.length);
  });

  it("refuses and deletes a file with another checksum, naming both", async () => {
    const other = Buffer.from(bytes);
    other[5] = (other[5] ?? 0) ^ 1;
    const got = createHash("sha256").update(other).digest("hex");
    const refused = storeArtefact(input(await sourceOf(sendBytes(other))));
    await expect(refused).rejects.toMatchObject({
      code: "artefact.checksum",
      message: expect.stringContaining(`got sha256 ${got}, want sha256 ${sha256}`),
    });
    expect(await readdir(join(cacheDir, "tmp"))).toEqual([]);
    expect(await readdir(join(cacheDir, "sha256"))).toEqual([]);
  });

  it("gives up on a file that is not there without trying again, and keeps the link's secret to itself", async () => {
    const error: unknown = await storeArtefact(
      input(await sourceOf((_request, response) => response.writeHead(404).end())),
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "artefact.not-found" });
    expect(String(error)).not.toContain("secret");
    expect(server?.seen.length).toBe(1);
  });

  it("tries again after a server error, a bounded number of times", async () => {
    const refused = storeArtefact(
      input(await sourceOf((_request, response) => response.writeHead(503).end())),
    );
    await expect(refused).rejects.toMatchObject({ code: "artefact.http" });
    expect(server?.seen.length).toBe(5);
  });

  it("lets one of two processes fetch and the other take the result", async () => {
    const source = await sourceOf((request, response, count) =>
      setTimeout(() => sendBytes(bytes)(request, response, count), 50),
    );
    const results = await Promise.all([storeArtefact(input(source)), storeArtefact(input(source))]);
    expect(results.map((result) => result.wasCached).sort()).toEqual([false, true]);
    expect(server?.seen.length).toBe(1);
  });

  it("lets one of many that find a dead process's part at once go on with it", async () => {
    await leavePart(bytes.subarray(0, 1_000));
    const source = await sourceOf(sendBytes(bytes));
    const results = await Promise.all(Array.from({ length: 12 }, () => storeArtefact(input(source))));
    expect(results.filter((result) => !result.wasCached).length).toBe(1);
    expect(server?.seen.map((request) => request.headers.range)).toEqual(["bytes=1000-"]);
    expect(await readdir(join(cacheDir, "tmp"))).toEqual([]);
  });

  it("goes on with the longest of several parts, and deletes the others and what was long forgotten", async () => {
    await leavePart(bytes.subarray(0, 10));
    await leavePart(bytes.subarray(0, 1_000));
    const other = await leavePart(Buffer.from("of another artefact"), 10_000, "0".repeat(64));
    await leavePart(Buffer.from("forgotten"), 8 * 24 * 60 * 60_000, "1".repeat(64));
    await storeArtefact(input(await sourceOf(sendBytes(bytes))));
    expect(server?.seen[0]?.headers.range).toBe("bytes=1000-");
    expect((await readdir(join(cacheDir, "tmp"))).map((name) => join(cacheDir, "tmp", name))).toEqual([
      other,
    ]);
  });

  it("keeps what came before it was told to stop, for the next one at once", async () => {
    const stop = new AbortController();
    const broken = await sourceOf((_request, response) => {
      response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, 100_000));
      setTimeout(() => stop.abort(), 100);
    });
    const claimTimes = { ...times, staleMs: 60_000, waitMs: 100 };
    await expect(storeArtefact({ ...input(broken), claimTimes, signal: stop.signal })).rejects.toThrow();
    await server?.close();
    await storeArtefact({ ...input(await sourceOf(sendBytes(bytes))), claimTimes });
    expect(server?.seen[0]?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it("leaves a part to the process that took it over, and takes that one's result", async () => {
    // Stands still for longer than the part stays young, as a suspended machine does: it refreshes nothing.
    const asleep = { ...times, refreshMs: 60_000 };
    const slow = await sourceOf((request, response, count) => {
      if (count > 1) return sendBytes(bytes)(request, response, count);
      response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, 100_000));
      setTimeout(() => response.end(bytes.subarray(100_000)), 1_000);
    });
    const first = storeArtefact({ ...input(slow), claimTimes: asleep });
    await expect.poll(() => server?.seen.length).toBe(1);
    expect(await storeArtefact(input(slow))).toMatchObject({ wasCached: false });
    expect(await first).toMatchObject({ wasCached: true });
    expect((await readFile(artefactPath(cacheDir, sha256))).equals(bytes)).toBe(true);
    expect(await readdir(join(cacheDir, "tmp"))).toEqual([]);
  });

  it("does not trust a file into which somebody else wrote", async () => {
    const source = await sourceOf(async (request, response, count) => {
      if (count > 1) return sendBytes(bytes)(request, response, count);
      response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, 100_000));
      await sleep(50);
      const [part = ""] = await readdir(join(cacheDir, "tmp"));
      await appendFile(join(cacheDir, "tmp", part), "stray");
      response.end(bytes.subarray(100_000));
    });
    await storeArtefact(input(source));
    expect((await readFile(artefactPath(cacheDir, sha256))).equals(bytes)).toBe(true);
  });

  it("says which part it waited for in vain", async () => {
    const path = await leavePart(Buffer.from("x"), 0);
    const waiting = storeArtefact({
      ...input(await sourceOf(sendBytes(bytes))),
      claimTimes: { ...times, staleMs: 60_000, waitMs: 50 },
    });
    await expect(waiting).rejects.toMatchObject({ code: "artefact.lock" });
    expect((await stat(path)).size).toBe(1);
  });

  it("copies from a file, and names one that is missing", async () => {
    const path = join(cacheDir, "source.gguf");
    await writeFile(path, bytes);
    await expect(storeArtefact(input(fileSource(path)))).resolves.toMatchObject({ wasCached: false });
    await rm(artefactPath(cacheDir, sha256));
    await expect(storeArtefact(input(fileSource(`${path}.none`)))).rejects.toMatchObject({
      code: "artefact.not-found",
    });
  });
});
