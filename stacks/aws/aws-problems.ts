// What is wrong with a stack's AWS half as a whole: every component's own rules at once, quotas, GPUs that models need.
import type { z } from "zod";
import { clusterSettingsOn } from "../../components/cluster/cluster.args.ts";
import { findInstanceType } from "../../components/contract/instance-types.ts";
import { backupPlanSettings } from "../../components/data/backup-plan.args.ts";
import { controlStoreSettings } from "../../components/data/control-store.args.ts";
import { sharedCacheSettings } from "../../components/data/shared-cache.args.ts";
import { karpenterPoolSettings, managedPoolSettings } from "../../components/gpu-pool/gpu-pool.args.ts";
import { gpuSupportSettings } from "../../components/gpu-pool/gpu-support.args.ts";
import { ingressSettings } from "../../components/ingress/ingress.args.ts";
import { modelBucketSettings } from "../../components/model-bucket/model-bucket.args.ts";
import { vpcSettings } from "../../components/vpc/vpc.args.ts";
import { type AwsContext, awsArguments } from "./aws-arguments.ts";
import type { AwsSettings } from "./aws-settings.ts";
import { scalerCalls } from "./controller-spaces.ts";

/** `path` inside `rampa:aws`. */
export type AwsProblem = { readonly path: readonly (string | number)[]; readonly want: string };

/** `today` is `YYYY-MM-DD` and decides which Kubernetes versions have support. */
export function findAwsProblems(context: AwsContext, today: string): readonly AwsProblem[] {
  const given = awsArguments(context);
  const pools = given.gpuPools.flatMap((pool, index) => {
    const schema = pool.kind === "managed" ? managedPoolSettings : karpenterPoolSettings;
    return check(schema, pool, ["gpuPools", index]);
  });
  return [
    ...check(vpcSettings, given.network, ["network"]),
    ...check(clusterSettingsOn(today), given.cluster, ["cluster"]),
    ...pools,
    ...check(gpuSupportSettings, given.gpuSupport, []).map(renamed),
    ...check(modelBucketSettings, given.models, ["models"]),
    ...(given.records ? check(modelBucketSettings, given.records, ["records"]) : []),
    ...(given.store ? check(controlStoreSettings, given.store, ["store"]) : []),
    ...(given.cache ? check(sharedCacheSettings, given.cache, ["cache"]) : []),
    ...(given.backups ? check(backupPlanSettings, given.backups, ["backups"]) : []),
    ...(given.ingress ? check(ingressSettings, given.ingress, ["ingress"]) : []),
    ...findQuotaProblems(context.aws),
  ];
}

const IN_CLUSTER =
  "the address of a Service, e.g. http://prometheus-operated.monitoring.svc:9090: KEDA's network policy lets it out to nothing else";

/** `path` inside `rampa:endpoints`: versions that KEDA could not scale, as it may not call their Prometheus. */
export function findScalerProblems(endpoints: Parameters<typeof scalerCalls>[0]): readonly AwsProblem[] {
  return scalerCalls(endpoints)
    .filter(({ namespace }) => namespace === undefined)
    .map(({ path }) => ({ path, want: IN_CLUSTER }));
}

/** Fields that the stack gives to every component lie beside the sections. */
const BESIDE = ["account", "region", "zones", "protect"];

function check(schema: z.ZodType, value: unknown, section: AwsProblem["path"]): readonly AwsProblem[] {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => {
    const own = path.map((key) => (typeof key === "number" ? key : String(key)));
    return { path: BESIDE.includes(String(own[0])) ? own : [...section, ...own], want: message };
  });
}

/** GpuSupport calls the stack's `gpuPools` its `pools`. */
function renamed({ path: [first, ...rest], want }: AwsProblem): AwsProblem {
  return { path: [first === "pools" ? "gpuPools" : (first ?? ""), ...rest], want };
}

type Quota = keyof AwsSettings["quotas"];

/** Capacity blocks have quotas of their own; machines reserved count as on demand. */
function quotaOf({ capacity }: AwsSettings["gpuPools"][number], type: string): Quota | undefined {
  if (capacity.kind === "capacity-block") return undefined;
  const isP = type.startsWith("p");
  if (capacity.kind === "spot") return isP ? "spotP" : "spotG";
  return isP ? "onDemandP" : "onDemandG";
}

function findQuotaProblems({ gpuPools, quotas }: AwsSettings): readonly AwsProblem[] {
  const needs = gpuPools.flatMap((pool, index) => {
    const [first] = pool.instanceTypes;
    const quota = first === undefined ? undefined : quotaOf(pool, first);
    return quota === undefined ? [] : [{ index, quota, name: pool.name, vcpus: mostVcpus(pool) }];
  });
  const names: readonly Quota[] = ["onDemandG", "onDemandP", "spotG", "spotP"];
  return names.flatMap((quota) => {
    const limit = quotas[quota];
    const own = needs.filter((need) => need.quota === quota);
    const sum = own.reduce((total, { vcpus }) => total + vcpus, 0);
    if (limit === undefined || sum <= limit) return [];
    const pools = own.map(({ name, vcpus }) => `${name} ${vcpus}`).join(", ");
    const want = `at least ${sum} vCPUs, which the pools may grow to (${pools}), or pools of fewer \`maxGpus\``;
    return [{ path: ["quotas", quota], want }];
  });
}

/** At the type with the most vCPUs a GPU. */
function mostVcpus({ instanceTypes, maxGpus }: AwsSettings["gpuPools"][number]): number {
  const needs = instanceTypes.map((name) => {
    const { gpu, vcpus = 0 } = findInstanceType(name) ?? {};
    return gpu === undefined ? 0 : Math.floor(maxGpus / gpu.count) * vcpus;
  });
  return Math.max(0, ...needs);
}
