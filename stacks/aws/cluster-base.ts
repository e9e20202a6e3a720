// defineClusterBase: what an EKS cluster holds before an environment: add-ons, GPU pools, controllers of others.
import type { ProviderResource, Resource } from "@pulumi/pulumi";
import { KedaOperator } from "../../components/autoscaling/autoscaling.ts";
import { ClusterDefaults } from "../../components/cluster/cluster-defaults.ts";
import { CHARTS } from "../../components/contract/charts.ts";
import { PORTS } from "../../components/contract/labels.ts";
import { GpuPool } from "../../components/gpu-pool/gpu-pool.ts";
import { GpuSupport } from "../../components/gpu-pool/gpu-support.ts";
import type { Karpenter } from "../../components/gpu-pool/karpenter.ts";
import { KarpenterPool } from "../../components/gpu-pool/karpenter-pool.ts";
import { PodRole } from "../../components/identity/identity.ts";
import { LoadBalancerController } from "../../components/ingress/controller.ts";
import { CONTROLLER_ACCOUNT } from "../../components/ingress/controller.values.ts";
import { controllerPermissions } from "../../components/ingress/controller-permissions.ts";
import { GatewayDefinitions } from "../../components/ingress/gateway-definitions.ts";
import { InvariantError } from "../../components/kit/invariant-error.ts";
import { GpuMetrics } from "../../components/monitoring/gpu-metrics.ts";
import { MonitoringStack } from "../../components/monitoring/monitoring-stack.ts";
import { ControllerSpace } from "../../components/network/controller-space.ts";
import { operatorStackOf } from "../monitoring-settings.ts";
import type { StackSettings } from "../settings.ts";
import type { AwsSettings } from "./aws-settings.ts";
import type { Cloud } from "./cloud.ts";
import { METRICS_PORT, scalerCalls, scalerSpace } from "./controller-spaces.ts";

export type ClusterBase = {
  /** What everything that runs in the cluster depends on: names are resolved, and kinds of objects known. */
  readonly ready: readonly Resource[];
  /** Where a load balancer can be made; undefined without ingress. */
  readonly loadBalancers: LoadBalancerController | undefined;
  /** What defines the kinds that monitoring consists of. */
  readonly monitoring: readonly Resource[];
};

type Ground = {
  readonly cloud: Cloud;
  readonly providers: ProviderResource[];
  readonly defaults: ClusterDefaults;
};

/** Creates the inside of the cloud's cluster; the providers are those of AWS, of that cluster, and of chance. */
export function defineClusterBase(
  settings: StackSettings,
  cloud: Cloud,
  providers: ProviderResource[],
): ClusterBase {
  const { cluster, keys, given } = cloud;
  const { clusterName, clusterArn, systemNodes } = cluster;
  const defaults = new ClusterDefaults(
    "cluster-defaults",
    { ...given.cluster, refs: { clusterName, clusterArn, systemNodes, volumesKeyArn: keys.volumes } },
    { providers },
  );
  const ground = { cloud, providers, defaults };
  const definitions = new GatewayDefinitions("gateway-definitions", {}, { providers, dependsOn: [defaults] });
  definePools(ground);
  const scaler = defineScaler(settings, ground);
  const loadBalancers = given.ingress && defineLoadBalancers(ground, definitions);
  const monitoring = defineMonitoringStack(settings, ground);
  return { ready: [defaults, definitions, ...scaler], loadBalancers, monitoring };
}

function definePools({ cloud, providers, defaults }: Ground): void {
  const { cluster, network, keys, given } = cloud;
  if (given.gpuPools.length === 0) return;
  const { clusterName, clusterArn, clusterSecurityGroupId, systemNodes, nodeRoleArn } = cluster;
  const { privateSubnetIds } = network;
  const volumesKeyArn = keys.volumes;
  const poolRefs = { privateSubnetIds, clusterSecurityGroupId, volumesKeyArn };
  const support = new GpuSupport(
    "gpu-support",
    { ...given.gpuSupport, refs: { ...poolRefs, clusterName, clusterArn, systemNodes } },
    { providers, dependsOn: [defaults] },
  );
  for (const pool of given.gpuPools) {
    const name = `gpu-${pool.name}`;
    if (pool.kind === "managed") {
      new GpuPool(
        name,
        { ...pool, refs: { ...poolRefs, clusterName, systemNodes, nodeRoleArn } },
        { providers },
      );
      continue;
    }
    const { controller, instanceProfileName } = requireKarpenter(support.karpenter);
    new KarpenterPool(
      name,
      { ...pool, refs: { ...poolRefs, controller, instanceProfileName } },
      { providers },
    );
  }
}

function requireKarpenter(karpenter: Karpenter | undefined): Karpenter {
  if (karpenter === undefined) throw new InvariantError("a pool of Karpenter without Karpenter");
  return karpenter;
}

/** KEDA, where a version scales by it. */
function defineScaler(settings: StackSettings, { cloud, providers, defaults }: Ground): readonly Resource[] {
  if (!usesKeda(settings)) return [];
  const { ownership, aws } = cloud.context;
  const opts = { providers, dependsOn: [defaults] };
  const around = { apiServers: apiServerRanges(aws), scraper: operatorStackOf(settings)?.namespace };
  const { namespace } = new ControllerSpace("keda-space", scalerSpace({ settings, ownership }, around), opts);
  return [new KedaOperator("keda", { ownership, refs: { namespace } }, opts)];
}

function usesKeda({ endpoints }: StackSettings): boolean {
  return scalerCalls(endpoints).length > 0;
}

function defineLoadBalancers(
  { cloud, providers, defaults }: Ground,
  definitions: GatewayDefinitions,
): LoadBalancerController {
  const { cluster, network, context, given } = cloud;
  const { clusterName, clusterArn, clusterSecurityGroupId } = cluster;
  const { vpcId } = network;
  const { roleArn } = new PodRole(
    "load-balancers-role",
    {
      ...CONTROLLER_ACCOUNT,
      permissions: controllerPermissions({ clusterName, vpcId, clusterSecurityGroupId }),
      refs: { clusterName, clusterArn, accountId: context.aws.account },
    },
    { providers },
  );
  return new LoadBalancerController(
    "load-balancers",
    { ...given.controller, refs: { clusterName, vpcId, roleArn } },
    { providers, dependsOn: [defaults, definitions] },
  );
}

/** EKS gives Services the first of these that does not overlap with the VPC. Source: EKS, `serviceIpv4Cidr`. */
const SERVICE_RANGES = ["10.100.0.0/16", "172.20.0.0/16"];

/** Where pods see the API server: its Service, and its addresses in the private subnets. */
export function apiServerRanges({ network }: AwsSettings): string[] {
  return [network.cidr, ...SERVICE_RANGES];
}

function defineMonitoringStack(
  settings: StackSettings,
  { cloud, providers, defaults }: Ground,
): readonly Resource[] {
  const { namespace } = settings;
  const asked = operatorStackOf(settings);
  if (asked === undefined) return [];
  const { kind: _kind, ...stackSettings } = asked;
  const { ownership, aws } = cloud.context;
  const opts = { providers, dependsOn: [defaults] };
  const scaler = usesKeda(settings) ? [CHARTS.keda.namespace] : [];
  const controllers = [CHARTS["external-secrets"].namespace, ...scaler];
  const scrapes = {
    [namespace]: [PORTS.http.number],
    "gpu-metrics": [9400],
    "kube-system": [METRICS_PORT, 9153],
    ...Object.fromEntries(controllers.map((each) => [each, [METRICS_PORT]])),
  };
  const clientNamespaces = [...stackSettings.clientNamespaces, ...scaler];
  const stack = new MonitoringStack(
    "monitoring-stack",
    { ...stackSettings, ownership, nodeRanges: apiServerRanges(aws), scrapes, clientNamespaces },
    opts,
  );
  if (aws.gpuPools.length === 0) return [stack];
  return [stack, new GpuMetrics("gpu-metrics", { ownership }, { ...opts, dependsOn: [stack] })];
}
