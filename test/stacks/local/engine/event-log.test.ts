// The engine's events while it still writes them: whole, in order, and none lost at the end.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { followEvents } from "../../../../stacks/local/engine/event-log.ts";

const folder = mkdtempSync(join(tmpdir(), "rampa-events-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("hands on each line once it is whole, also where a look cut a letter in two", async () => {
  const file = join(folder, "events.json");
  writeFileSync(file, "");
  const seen: number[] = [];
  const events = followEvents(file, ({ sequence }) => seen.push(sequence));
  const line = Buffer.from(`${JSON.stringify({ sequence: 1, timestamp: 0, note: "é" })}\n`);
  const middle = line.indexOf("é") + 1;
  appendFileSync(file, line.subarray(0, middle));
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(seen).toEqual([]);
  appendFileSync(file, line.subarray(middle));
  await expect.poll(() => seen).toEqual([1]);
  appendFileSync(file, `${JSON.stringify({ sequence: 2 })}\n${JSON.stringify({ sequence: 3 })}\n`);
  events.close();
  expect(seen).toEqual([1, 2, 3]);
});
