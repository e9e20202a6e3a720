// The base from real Debian packages when a pin does not hold: version gone, checksum different, name unknown.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DebianPin, debianPins } from "../../../../stacks/local/images/base-pins.ts";
import { collectDebianBase } from "../../../../stacks/local/images/debian-base.ts";
import type { LayerContent } from "../../../../stacks/local/images/layer-cache.ts";

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "rampa-debian-"));
});
afterAll(async () => {
  await rm(cache, { recursive: true, force: true });
});

const found = debianPins.find(({ name }) => name === "libgomp1");
if (found === undefined) throw new Error("libgomp1 is not pinned");
const libgomp: DebianPin = found;
const zeros = "0".repeat(64);

async function collect(pin: DebianPin, lines: string[] = []): Promise<LayerContent> {
  const progress = { report: (line: string) => void lines.push(line) };
  return await collectDebianBase({ cache, architecture: "amd64", pins: [pin], progress });
}

describe.runIf(process.arch === "x64")("collectDebianBase", () => {
  it("takes the newest version when the pinned one is gone, and says so in one line", async () => {
    const lines: string[] = [];
    const base = await collect({ ...libgomp, version: "0.0.1-gone" }, lines);
    expect(base.entries.map(({ path }) => path)).toContain("usr/lib/x86_64-linux-gnu/libgomp.so.1");
    expect(base.components[0]?.version).not.toBe("0.0.1-gone");
    expect(
      lines.filter((line) => line.includes("libgomp1=0.0.1-gone is gone, taking the newest")),
    ).toHaveLength(1);
  });

  it("refuses a package whose checksum is not the pinned one", async () => {
    const refused = collect({ ...libgomp, sha256: { amd64: zeros, arm64: zeros } });
    await expect(refused).rejects.toMatchObject({
      code: "image.checksum",
      message: expect.stringContaining(`pinned is sha256:${zeros}; it was not used`),
    });
  });

  it("names the package and the next command when there is no such package", async () => {
    const refused = collect({ ...libgomp, name: "rampa-no-such-package" });
    await expect(refused).rejects.toMatchObject({
      code: "image.base",
      message: expect.stringContaining("Next: apt-get update && apt-get download rampa-no-such-package"),
    });
  });
});
