// defineOwnCluster: a stack's AWS half, and how the platform finds its place on it. Imported where a stack has one only.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import type { Output, ProviderResource } from "@pulumi/pulumi";
import { LABELS } from "../../components/contract/labels.ts";
import { Ingress } from "../../components/ingress/ingress.ts";
import { InvariantError } from "../../components/kit/invariant-error.ts";
import { KUBERNETES_SETTINGS } from "../kubernetes-settings.ts";
import { operatorStackOf } from "../monitoring-settings.ts";
import type { OwnGround } from "../platform.ts";
import type { StackSettings } from "../settings.ts";
import { type AwsContext, awsPrefix } from "./aws-arguments.ts";
import { type Cloud, defineCloud } from "./cloud.ts";
import { defineCloudKeys } from "./cloud-secrets.ts";
import { apiServerRanges, type ClusterBase, defineClusterBase } from "./cluster-base.ts";
import { defineModelAccess } from "./model-access.ts";

export type OwnCluster = {
  readonly kubernetes: ProviderResource;
  readonly ground: OwnGround;
  /** Without secrets. */
  readonly kubeconfig: Output<string>;
};

type Parts = {
  readonly settings: StackSettings;
  readonly cloud: Cloud;
  readonly base: ClusterBase;
  readonly providers: ProviderResource[];
};

/** Needs settings with `rampa:aws`. */
export function defineOwnCluster(settings: StackSettings, random: ProviderResource): OwnCluster {
  const context = toAwsContext(settings);
  const cloud = defineCloud(context, defineAwsProvider(context));
  const { kubeconfig } = cloud.cluster;
  const clusterIdentifier = awsPrefix(settings.stack);
  const kubernetes = new KubernetesProvider("kubernetes", {
    kubeconfig,
    clusterIdentifier,
    ...KUBERNETES_SETTINGS,
  });
  const providers = [cloud.provider, kubernetes, random];
  const base = defineClusterBase(settings, cloud, providers);
  return { kubernetes, kubeconfig, ground: toGround({ settings, cloud, base, providers }) };
}

function toAwsContext({ stack, environment, owner, costCenter, aws }: StackSettings): AwsContext {
  if (aws === undefined)
    throw new InvariantError(`stack ${stack} makes its own cluster without \`rampa:aws\``);
  return { stack, ownership: { environment, owner, costCenter }, aws };
}

/** Refuses to work in another account than the stack's, whatever the shell is logged in to. */
function defineAwsProvider({ stack, ownership, aws }: AwsContext): AwsProvider {
  const tags = {
    [LABELS.environment]: ownership.environment,
    [LABELS.owner]: ownership.owner,
    [LABELS.costCenter]: ownership.costCenter,
    [LABELS.stack]: stack,
  };
  const { region, account } = aws;
  return new AwsProvider("aws", { region, allowedAccountIds: [account], defaultTags: { tags } });
}

function toGround({ settings, cloud, base, providers }: Parts): OwnGround {
  const { aws } = cloud.context;
  return {
    ready: base.ready,
    monitoring: base.monitoring,
    apiServers: apiServerRanges(aws),
    clients: aws.ingress === undefined ? [] : [aws.network.cidr],
    defineKeys: ({ namespace, dependsOn }) =>
      defineCloudKeys({
        cloud,
        namespace,
        rotation: settings.secrets.rotation,
        scraper: operatorStackOf(settings)?.namespace,
        providers,
        dependsOn: [...dependsOn, ...base.ready],
      }),
    defineModelAccess: () => defineModelAccess(cloud, settings.namespace, providers),
    defineIngress: ({ namespace: serviceNamespace, service: serviceName }) => {
      const { ingress } = cloud.given;
      if (ingress === undefined || base.loadBalancers === undefined) return;
      const { privateSubnetIds, publicSubnetIds } = cloud.network;
      new Ingress(
        "ingress",
        { ...ingress, refs: { serviceNamespace, serviceName, privateSubnetIds, publicSubnetIds } },
        { providers, dependsOn: [base.loadBalancers] },
      );
    },
  };
}
