// The provider plugins: official ones where they can be had, else the stand-ins, in Pulumi's plugin folder.
import { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import awsPackage from "@pulumi/aws/package.json" with { type: "json" };
import kubernetesPackage from "@pulumi/kubernetes/package.json" with { type: "json" };
import randomPackage from "@pulumi/random/package.json" with { type: "json" };
import type { Progress } from "../progress.ts";
import { writeLauncher } from "./bin-folder.ts";
import { engineEnvironment, pluginFolder, STAND_IN_MARK } from "./environment.ts";
import type { EnginePlaces } from "./places.ts";
import { isOffline } from "./pulumi-cli.ts";
import { runTool } from "./run-tool.ts";

type ProviderName = "aws" | "kubernetes" | "random";

type Provider = { readonly name: ProviderName; readonly version: string; readonly standIn: string };

/** What every stack needs. The official aws plugin is larger than all else together: only for stacks on AWS. */
const COMMON: readonly ProviderName[] = ["kubernetes", "random"];

export type ProviderChoice = {
  /** Providers that the stack needs beside kubernetes and random. */
  readonly more?: readonly "aws"[];
  /** Stand-ins even where official plugins are there: for plans that ask nobody. */
  readonly standInsOnly?: boolean;
};

const PROVIDERS: readonly Provider[] = [
  {
    name: "aws",
    version: awsPackage.version,
    standIn: join(import.meta.dirname, "aws-provider", "main.ts"),
  },
  {
    name: "kubernetes",
    version: kubernetesPackage.version,
    standIn: join(import.meta.dirname, "kubernetes-provider", "main.ts"),
  },
  {
    name: "random",
    version: randomPackage.version,
    standIn: join(import.meta.dirname, "random-provider.ts"),
  },
];

const REACH_TIMEOUT_MS = 3000;
const INSTALL_TIMEOUT_MS = 300_000;

/** Official plugins are large and the same for every checkout, so they live in the shared cache. */
export async function ensureProviders(place: PluginPlace, choice: ProviderChoice): Promise<void> {
  const { places } = place;
  const shared = join(places.cache, "pulumi-plugins");
  const names: readonly ProviderName[] = [...COMMON, ...(choice.more ?? [])];
  const needed = PROVIDERS.filter(({ name }) => names.includes(name));
  const official = choice.standInsOnly !== true && (await ensureOfficial(needed, shared, place));
  if (official) linkFolder(pluginFolder(places), shared);
  else writeStandIns(pluginFolder(places));
}

export type PluginPlace = {
  /** The Pulumi CLI. */
  readonly pulumi: string;
  readonly places: EnginePlaces;
  readonly progress: Progress;
};

/** True when every official plugin is there, in the version that package.json pins. */
async function ensureOfficial(
  needed: readonly Provider[],
  shared: string,
  { pulumi, places, progress }: PluginPlace,
): Promise<boolean> {
  if (needed.every((provider) => isInstalled(provider, shared))) return true;
  if (isOffline() || !(await isReleaseSiteReachable())) return false;
  mkdirSync(shared, { recursive: true });
  linkFolder(pluginFolder(places), shared);
  try {
    for (const { name, version } of needed) {
      progress.report(`installing the ${name} provider ${version}`);
      const args = ["plugin", "install", "resource", name, version];
      await runTool({ command: pulumi, args, env: engineEnvironment(places), timeoutMs: INSTALL_TIMEOUT_MS });
    }
    return true;
  } catch {
    // The stand-ins do the same work, so a failed download is no reason to stop.
    return false;
  }
}

function isInstalled(provider: Provider, folder: string): boolean {
  const plugin = join(folder, `resource-${provider.name}-v${provider.version}`);
  return existsSync(join(plugin, `pulumi-resource-${provider.name}`));
}

function linkFolder(path: string, target: string): void {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
}

function writeStandIns(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(folder);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, STAND_IN_MARK), "The provider plugins in this folder are Rampa's stand-ins.\n");
  for (const { name, version, standIn } of PROVIDERS) {
    const plugin = join(folder, `resource-${name}-v${version}`);
    mkdirSync(plugin, { recursive: true });
    writeLauncher(join(plugin, `pulumi-resource-${name}`), standIn);
  }
}

async function isReleaseSiteReachable(): Promise<boolean> {
  try {
    await fetch("https://get.pulumi.com/", { method: "HEAD", signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
    return true;
  } catch {
    return false;
  }
}
