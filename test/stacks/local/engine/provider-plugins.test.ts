// Which provider plugins an engine gets: official ones where they are, the aws one only for stacks that need it.
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import awsPackage from "@pulumi/aws/package.json" with { type: "json" };
import kubernetesPackage from "@pulumi/kubernetes/package.json" with { type: "json" };
import randomPackage from "@pulumi/random/package.json" with { type: "json" };
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pluginFolder, STAND_IN_MARK } from "../../../../stacks/local/engine/environment.ts";
import { ensureProviders, type ProviderChoice } from "../../../../stacks/local/engine/provider-plugins.ts";
import { silent } from "../../../../stacks/local/progress.ts";

const aws = `resource-aws-v${awsPackage.version}`;
const kubernetes = `resource-kubernetes-v${kubernetesPackage.version}`;
const random = `resource-random-v${randomPackage.version}`;

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rampa-plugins-"));
  vi.stubEnv("RAMPA_OFFLINE", "1");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function install(...plugins: readonly string[]): void {
  for (const plugin of plugins) {
    const [, name = ""] = /^resource-(\w+)-/.exec(plugin) ?? [];
    mkdirSync(join(folder, "cache/pulumi-plugins", plugin), { recursive: true });
    writeFileSync(join(folder, "cache/pulumi-plugins", plugin, `pulumi-resource-${name}`), "official");
  }
}

async function pluginsFor(
  choice: ProviderChoice,
): Promise<{ isOfficial: boolean; names: readonly string[] }> {
  const home = join(folder, "home");
  const names = { checkout: folder, bin: folder, state: folder, passphrase: folder };
  const places = { ...names, home, cache: join(folder, "cache") };
  mkdirSync(join(home, "pulumi"), { recursive: true });
  await ensureProviders({ pulumi: "no-such-program", places, progress: silent }, choice);
  const at = pluginFolder(places);
  const isOfficial = lstatSync(at).isSymbolicLink();
  return {
    isOfficial,
    names: readdirSync(at)
      .filter((name) => name !== STAND_IN_MARK)
      .toSorted(),
  };
}

describe("an engine's provider plugins", () => {
  it("are the official ones where a stack needs no more than there are", async () => {
    install(kubernetes, random);
    expect(await pluginsFor({})).toEqual({ isOfficial: true, names: [kubernetes, random] });
  });

  it("are the official ones with aws for a stack on AWS, where it is installed", async () => {
    install(kubernetes, random, aws);
    expect(await pluginsFor({ more: ["aws"] })).toMatchObject({ isOfficial: true });
  });

  it("are stand-ins, aws among them, where one that is needed cannot be had", async () => {
    install(kubernetes, random);
    const found = await pluginsFor({ more: ["aws"] });
    expect(found).toEqual({ isOfficial: false, names: [aws, kubernetes, random] });
    const launcher = join(folder, "home/pulumi/plugins", aws, "pulumi-resource-aws");
    expect(readFileSync(launcher, "utf8")).toContain("aws-provider/main.ts");
  });

  it("are stand-ins for a plan that asks nobody, whatever is installed", async () => {
    install(kubernetes, random, aws);
    expect(await pluginsFor({ standInsOnly: true })).toMatchObject({ isOfficial: false });
    const official = join(folder, "cache/pulumi-plugins", aws, "pulumi-resource-aws");
    expect(readFileSync(official, "utf8")).toBe("official");
  });
});
