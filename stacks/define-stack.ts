// defineStack: everything that a stack consists of, on a cluster that stands or on one that it makes itself.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { type Output, secret } from "@pulumi/pulumi";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { KUBERNETES_SETTINGS } from "./kubernetes-settings.ts";
import { definePlatform, type PlatformOutputs, type PlatformRefs } from "./platform.ts";
import type { StackSettings } from "./settings.ts";

/** A cluster that stands already. */
export type GivenCluster = Pick<PlatformRefs, "apiServers" | "modelCachePath" | "storeDirectory"> & {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Stays the same when addresses and certificates change, so that nothing is replaced for them. */
  readonly identifier: string;
};

export type StackRefs = Pick<PlatformRefs, "image" | "tools" | "providerKeys"> & {
  /** Undefined where the stack makes its own cluster. */
  readonly cluster: GivenCluster | undefined;
};

export type StackOutputs = PlatformOutputs & {
  /** Of the stack's own cluster, without secrets. */
  readonly kubeconfig?: Output<string>;
};

/** The SDK for AWS is loaded for stacks that need it only. */
export async function defineStack(
  settings: StackSettings,
  { image, tools, providerKeys, cluster }: StackRefs,
): Promise<StackOutputs> {
  const random = new RandomProvider("random");
  if (cluster === undefined) {
    const { defineOwnCluster } = await import("./aws/own-cluster.ts");
    const { kubernetes, ground: own, kubeconfig } = defineOwnCluster(settings, random);
    return {
      ...definePlatform(settings, { providers: { kubernetes, random }, image, tools, providerKeys, own }),
      kubeconfig,
    };
  }
  const { apiServers, modelCachePath, storeDirectory } = cluster;
  const kubernetes = defineProvider(cluster);
  const providers = { kubernetes, random };
  const given = { apiServers, modelCachePath, storeDirectory };
  return definePlatform(settings, { providers, image, tools, providerKeys, ...given });
}

function defineProvider({ kubeconfig, context, identifier }: GivenCluster): KubernetesProvider {
  return new KubernetesProvider("kubernetes", {
    ...(kubeconfig !== undefined && { kubeconfig: secret(kubeconfig) }),
    ...(context !== undefined && { context }),
    clusterIdentifier: identifier,
    ...KUBERNETES_SETTINGS,
  });
}
