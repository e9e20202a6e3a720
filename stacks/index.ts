// Entry of the Pulumi program: settings → cluster and image → platform → outputs.
import { RunError, runtime } from "@pulumi/pulumi";
import { ConfigError } from "../serving/contract/config-error.ts";
import { readClusterAccess } from "./cluster-access.ts";
import { volumesOf } from "./data-settings.ts";
import { defineStack, type StackOutputs, type StackRefs } from "./define-stack.ts";
import { standInWorld } from "./local/engine/stand-in-world.ts";
import { wantedTools } from "./local-tools.ts";
import { plannedRefs } from "./planned-refs.ts";
import { requirePromoted } from "./promotion.ts";
import { readProviderKeys } from "./provider-settings.ts";
import { type Release, releaseOf } from "./release.ts";
import { ownsCluster, readStackSettings, type StackSettings } from "./settings.ts";
import { readStackKubeconfig } from "./stack-kubeconfig.ts";

const outputs = await deploy().catch(stopOnExpected);

export const endpoints = outputs.endpoints;
export const apiKey = outputs.apiKey;
export const namespace = outputs.namespace;
export const image = outputs.image;
export const release = outputs.release;
export const kubeconfig = outputs.kubeconfig ?? "";

async function deploy(): Promise<StackOutputs & { readonly release: Release }> {
  const settings = readStackSettings();
  if (standInWorld() !== "real") return await plan(settings);
  const cluster = ownsCluster(settings) ? undefined : await readClusterAccess(settings, readStackKubeconfig);
  const image = await prepareImage(settings);
  const release = releaseOf(settings, image.digest);
  await requirePromoted(settings, release);
  const tools = await prepareTools(settings);
  const storeDirectory = cluster?.isThisMachine ? await prepareStoreDirectory(settings) : undefined;
  const given = cluster && { ...cluster, storeDirectory };
  return {
    ...(await defineStack(settings, { image, tools, providerKeys: readProviderKeys(), cluster: given })),
    release,
  };
}

/** Offline nobody is asked: no cluster, no build, and not what runs in the environment before. */
async function plan(settings: StackSettings): Promise<StackOutputs & { readonly release: Release }> {
  const refs = plannedRefs(settings);
  return { ...(await defineStack(settings, refs)), release: releaseOf(settings, refs.image.digest) };
}

/** The published image of the settings, or the one of this checkout, brought to where pods find it unless in a preview. */
async function prepareImage({ image }: StackSettings): Promise<StackRefs["image"]> {
  if (image?.digest !== undefined) return { ...image, digest: image.digest };
  const deliver = !runtime.isDryRun();
  if (image !== undefined) {
    const { publishRuntimeImage } = await import("./local/images/publish-image.ts");
    const { digest, sbomDigest } = await publishRuntimeImage({ repository: image.repository, push: deliver });
    return { ...image, digest, sbomDigest };
  }
  const { prepareRuntimeImage } = await import("./local/images/runtime-image.ts");
  const { repository, digest, sbomDigest } = await prepareRuntimeImage({ deliver });
  return { repository, digest, sbomDigest };
}

/** Images of servers of others, brought to the cluster on this machine unless in a preview. */
async function prepareTools(settings: StackSettings): Promise<NonNullable<StackRefs["tools"]>> {
  const names = wantedTools(settings);
  if (names.length === 0) return {};
  const { prepareToolImages } = await import("./local/images/tool-image.ts");
  return await prepareToolImages(names, { deliver: !runtime.isDryRun() });
}

/** Directories of this machine as volumes of the stores that the settings ask for, made unless in a preview. */
async function prepareStoreDirectory({ data, namespace }: StackSettings): Promise<string> {
  const { makeStoreDirectories, storeDirectory } = await import("./local/store-directories.ts");
  if (!runtime.isDryRun()) await makeStoreDirectories(namespace, volumesOf(data));
  return storeDirectory(namespace);
}

/** Pulumi prints a RunError as it is, and anything else as a crash with a stack trace. */
function stopOnExpected(error: unknown): never {
  const isExpected = error instanceof ConfigError || (error instanceof Error && hasCode(error));
  throw isExpected ? new RunError(error.message) : error;
}

/** Expected failures of all areas carry a code `area.what`. */
function hasCode(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && /^[a-z]+\.[a-z-]+$/.test(error.code);
}
