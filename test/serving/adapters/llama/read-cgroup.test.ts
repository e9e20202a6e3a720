// Reading limits from trees of kernel files laid out as versions 1 and 2 have them.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { detectMemoryLimit, detectThreads } from "../../../../serving/adapters/llama/read-cgroup.ts";

const folders: string[] = [];

async function lay(
  files: Readonly<Record<string, string>>,
): Promise<{ cgroupRoot: string; selfCgroup: string }> {
  const root = await mkdtemp(join(tmpdir(), "rampa-cgroup-"));
  folders.push(root);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return { cgroupRoot: join(root, "fs"), selfCgroup: join(root, "self") };
}

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

describe("limits of the control group", () => {
  it("takes the tightest of nested version 2 groups", async () => {
    const files = await lay({
      self: "0::/pods/one\n",
      "fs/cpu.max": "max 100000",
      "fs/pods/cpu.max": "300000 100000",
      "fs/pods/one/cpu.max": "max 100000",
      "fs/pods/memory.max": "1073741824\n",
      "fs/pods/one/memory.max": "max",
    });
    expect(await detectThreads(files, 16)).toBe(3);
    expect(await detectMemoryLimit(files)).toBe(1_073_741_824);
  });

  it("reads version 1 where the container sees its own group as the root", async () => {
    const files = await lay({
      self: "4:memory:/kubepods/x\n3:cpu,cpuacct:/kubepods/x\n",
      "fs/cpu/cpu.cfs_quota_us": "200000\n",
      "fs/cpu/cpu.cfs_period_us": "100000\n",
      "fs/memory/memory.limit_in_bytes": "9223372036854771712\n",
    });
    expect(await detectThreads(files, 16)).toBe(2);
    expect(await detectMemoryLimit(files)).toBe(undefined);
  });

  it("falls back to the processors it may run on", async () => {
    expect(await detectThreads(await lay({ self: "" }), 5)).toBe(5);
  });
});
