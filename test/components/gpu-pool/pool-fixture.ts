// Pools that tests start from, and the outside that they are put into.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import type { ProviderResource } from "@pulumi/pulumi";
import type { z } from "zod";
import type {
  GpuPoolRefs,
  karpenterPoolSettings,
  managedPoolSettings,
} from "../../../components/gpu-pool/gpu-pool.args.ts";
import type { GpuSupportRefs } from "../../../components/gpu-pool/gpu-support.args.ts";
import { ownership } from "../../kit/component-owner.ts";

export const ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];

const place = { ownership, prefix: "rampa-dev", vpcZones: ZONES };

export const managed: z.input<typeof managedPoolSettings> = {
  kind: "managed",
  name: "chat",
  instanceTypes: ["g6.xlarge"],
  maxGpus: 4,
  ...place,
};

export const karpenter: z.input<typeof karpenterPoolSettings> = {
  kind: "karpenter",
  name: "burst",
  instanceTypes: ["g6.xlarge", "g6.12xlarge"],
  maxGpus: 8,
  ...place,
};

/** A whole capacity block of eight H100. */
export const block: Pick<
  z.input<typeof managedPoolSettings>,
  "instanceTypes" | "maxGpus" | "zones" | "capacity"
> = {
  instanceTypes: ["p5.48xlarge"],
  maxGpus: 16,
  zones: ["eu-west-1b"],
  capacity: {
    kind: "capacity-block",
    reservationId: "cr-0123456789abcdef0",
    startsAt: "2027-01-10T11:30:00Z",
    endsAt: "2027-01-17T11:30:00Z",
  },
};

const network = {
  privateSubnetIds: ["subnet-0a", "subnet-0b", "subnet-0c"],
  clusterSecurityGroupId: "sg-0123456789abcdef0",
  volumesKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/volumes",
};

export const poolRefs: GpuPoolRefs = {
  ...network,
  clusterName: "rampa-dev",
  systemNodes: "system",
  nodeRoleArn: "arn:aws:iam::111122223333:role/nodes",
};

export const karpenterRefs = { ...network, instanceProfileName: "karpenter-nodes" };

export const supportRefs: GpuSupportRefs = {
  ...network,
  clusterName: "rampa-dev",
  clusterArn: "arn:aws:eks:eu-west-1:111122223333:cluster/rampa-dev",
  systemNodes: "system",
};

export const support = {
  ownership,
  prefix: "rampa-dev",
  accountId: "111122223333",
  region: "eu-west-1",
  kubernetesVersion: "1.35",
} as const;

/** Provider of each package, as a stack gives them to its components. */
export function createProviders(): [aws: ProviderResource, kubernetes: ProviderResource] {
  return [new AwsProvider("aws", { region: "eu-west-1" }), new KubernetesProvider("k8s")];
}
