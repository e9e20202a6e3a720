// defineModelAccess: the role by which model pods read the stack's own bucket of weights, and nothing else.
import type { ProviderResource, Resource } from "@pulumi/pulumi";
import { MODEL_ACCOUNT } from "../../components/environment/environment.plan.ts";
import { PodRole } from "../../components/identity/identity.ts";
import { readModelPermissions } from "../../components/identity/permissions.ts";
import type { Cloud } from "./cloud.ts";

/** Pods get their credentials as they start, so those of models depend on what this returns. */
export function defineModelAccess(
  { context, cluster, keys, models }: Cloud,
  namespace: string,
  providers: ProviderResource[],
): Resource {
  const { account, region } = context.aws;
  const { clusterName, clusterArn } = cluster;
  return new PodRole(
    "models-role",
    {
      namespace,
      serviceAccount: MODEL_ACCOUNT,
      permissions: readModelPermissions({
        bucketArn: models.bucketArn,
        prefix: context.aws.models.weightsPrefix,
        keyArn: keys.models,
        region,
      }),
      refs: { clusterName, clusterArn, accountId: account },
    },
    { providers },
  );
}
