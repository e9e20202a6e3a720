// One change at a time: who holds the lock, who is refused, and what a killed holder leaves.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isHeld, parseHolder, withChangeLock } from "../../../stacks/cli/change-lock.ts";

const holder = { pid: 41, startTime: "900", verb: "up", since: "2026-01-01T00:00:00.000Z" };

describe("a lock's holder", () => {
  it.each([
    ["nobody", undefined, "900", false],
    ["a running process", holder, "900", true],
    ["a process that ended", holder, undefined, false],
    ["another process with the same pid", holder, "901", false],
  ])("counts for %s", (_, given, startTime, held) => {
    expect(isHeld(given, startTime)).toBe(held);
  });

  it.each(["", "{", "{}", '{"pid":"x"}'])("is nobody when the file reads %j", (text) => {
    expect(parseHolder(text)).toBeUndefined();
  });
});

describe("the change lock", () => {
  let folder = "";
  let file = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rampa-lock-"));
    file = join(folder, "change.lock");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is held while the work runs and gone afterwards", async () => {
    const during = await withChangeLock("up", async () => parseHolder(readFileSync(file, "utf8")), file);
    expect(during).toMatchObject({ pid: process.pid, verb: "up" });
    expect(existsSync(file)).toBe(false);
  });

  it("refuses a second change, naming the first", async () => {
    await withChangeLock(
      "up",
      async () => {
        const second = withChangeLock("down", async () => "ran", file);
        await expect(second).rejects.toMatchObject({
          code: "cli.already-running",
          message: expect.stringContaining(`'rampa up' is running as process ${process.pid}`),
        });
      },
      file,
    );
  });

  it("takes over from a holder that was killed", async () => {
    writeFileSync(file, JSON.stringify({ ...holder, pid: 2 ** 22 }));
    expect(await withChangeLock("up", async () => "ran", file)).toBe("ran");
  });

  it("takes over a file that was cut off", async () => {
    writeFileSync(file, '{"pid":');
    expect(await withChangeLock("up", async () => "ran", file)).toBe("ran");
  });

  it("is released when the work fails", async () => {
    const failing = withChangeLock("up", () => Promise.reject(new Error("broken")), file);
    await expect(failing).rejects.toThrow("broken");
    expect(existsSync(file)).toBe(false);
  });
});
