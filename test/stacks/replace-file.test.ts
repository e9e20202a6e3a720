// A replaced file: whole for every reader, and left as it was by a write that fails.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { replaceFile } from "../../stacks/replace-file.ts";

const SIZE = 4_000_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rampa-replace-"));
});

afterEach(async () => await rm(folder, { recursive: true }));

it("is the old or the new text, and never a part, for who reads while it is written", async () => {
  const file = join(folder, "a.json");
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(SIZE));
  await writeFile(file, texts[0] ?? "");
  let isDone = false;
  const reading = (async () => {
    const seen: string[] = [];
    while (!isDone) seen.push(await readFile(file, "utf8"));
    return seen;
  })();
  for (const text of texts) await replaceFile(file, text);
  isDone = true;
  const seen = await reading;
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.every((text) => texts.includes(text))).toBe(true);
  expect(await readdir(folder)).toEqual(["a.json"]);
});

it("stays as it was where the new one cannot be written", async () => {
  const file = join(folder, "a.json");
  await writeFile(file, "old");
  await mkdir(`${file}.${process.pid}`);
  await expect(replaceFile(file, "new")).rejects.toThrow("EISDIR");
  expect(await readFile(file, "utf8")).toBe("old");
});
