// Entry of the Pulumi program: settings → cluster and image → platform → outputs.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { RunError, runtime, secret } from "@pulumi/pulumi";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { ConfigError } from "../serving/contract/config-error.ts";
import { readClusterAccess } from "./cluster-access.ts";
import { definePlatform, type PlatformOutputs, type PlatformRefs } from "./platform.ts";
import { requirePromoted } from "./promotion.ts";
import { type Release, releaseOf } from "./release.ts";
import { readStackSettings, type StackSettings } from "./settings.ts";

const outputs = await deploy().catch(stopOnExpected);

export const endpoints = outputs.endpoints;
export const apiKey = outputs.apiKey;
export const namespace = outputs.namespace;
export const image = outputs.image;
export const release = outputs.release;

async function deploy(): Promise<PlatformOutputs & { readonly release: Release }> {
  const settings = readStackSettings();
  const { kubeconfig, context, identifier, ...found } = await readClusterAccess(settings);
  const kubernetes = new KubernetesProvider("kubernetes", {
    kubeconfig: secret(kubeconfig),
    context,
    clusterIdentifier: identifier,
    // The key file changes in place; a replacement would leave the gateway without its Secret for a moment.
    enableSecretMutable: true,
  });
  const providers = { kubernetes, random: new RandomProvider("random") };
  // After the providers, whose plugins start while the image is built.
  const image = await prepareImage(settings);
  const release = releaseOf(settings, image.digest);
  await requirePromoted(settings, release);
  const { apiServers, modelCachePath } = found;
  return { ...definePlatform(settings, { providers, image, apiServers, modelCachePath }), release };
}

/** The published image of the settings, or the one of this checkout, brought to where pods find it unless in a preview. */
async function prepareImage({ image }: StackSettings): Promise<PlatformRefs["image"]> {
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

/** Pulumi prints a RunError as it is, and anything else as a crash with a stack trace. */
function stopOnExpected(error: unknown): never {
  const isExpected = error instanceof ConfigError || (error instanceof Error && hasCode(error));
  throw isExpected ? new RunError(error.message) : error;
}

/** Expected failures of all areas carry a code `area.what`. */
function hasCode(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && /^[a-z]+\.[a-z-]+$/.test(error.code);
}
