// One change at a time: who holds the lock, who is refused, and what a killed holder leaves.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withChangeLock } from "../../../stacks/cli/change-lock.ts";

describe("the change lock", () => {
  let folder = "";
  let file = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rampa-lock-"));
    file = join(folder, "change.lock");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is held while the work runs and gone afterwards", async () => {
    const during = await withChangeLock("up", async () => readdirSync(folder), file);
    expect(during).toEqual([expect.stringMatching(`^change.lock.${process.pid}\\.`)]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuses a second change, naming the first", async () => {
    await withChangeLock(
      "up",
      async () => {
        const second = withChangeLock("down", async () => "ran", file);
        await expect(second).rejects.toMatchObject({
          code: "cli.already-running",
          message: expect.stringMatching(
            new RegExp(
              `'rampa up' is running since 20\\S+, as process ${process.pid}\n.*kill ${process.pid}`,
            ),
          ),
        });
      },
      file,
    );
  });

  it.each([
    ["was killed", `${2 ** 22}.900.x`],
    ["had the pid of a process that runs now", `${process.pid}.1.x`],
  ])("is free when its holder %s", async (_, name) => {
    writeFileSync(`${file}.${name}`, "");
    expect(await withChangeLock("up", async () => "ran", file)).toBe("ran");
  });

  it("lets at most one of several go on that begin at once", async () => {
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 400));
      running -= 1;
    };
    const all = await Promise.allSettled([1, 2, 3].map(() => withChangeLock("up", work, file)));
    expect(most).toBe(1);
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("is released when the work fails", async () => {
    const failing = withChangeLock("up", () => Promise.reject(new Error("broken")), file);
    await expect(failing).rejects.toThrow("broken");
    expect(readdirSync(folder)).toEqual([]);
  });
});
