// Settings of a pod's role → arguments of the role, its policy and its association.
import type { PodIdentityAssociationArgs } from "@pulumi/aws/eks/podIdentityAssociation.js";
import type { RoleArgs } from "@pulumi/aws/iam/role.js";
import type { RolePolicyArgs } from "@pulumi/aws/iam/rolePolicy.js";
import type { Input } from "@pulumi/pulumi";
import { type IamStatement, iamPolicy } from "../kit/iam-policy.ts";
import { podTrust } from "../kit/pod-trust.ts";
import type { PodRoleRefs, PodRoleSettings } from "./identity.args.ts";

const ONE_HOUR_SECONDS = 3600;

type Account = Pick<PodRoleSettings, "namespace" | "serviceAccount">;

/** The role; only Pod Identity can take it, for pods of one ServiceAccount of one cluster. */
export function roleArgs(settings: PodRoleSettings, refs: PodRoleRefs): RoleArgs {
  const { namespace, serviceAccount, permissionsBoundary } = settings;
  return {
    description: `Pods of ServiceAccount ${namespace}/${serviceAccount}`,
    assumeRolePolicy: podTrust({ namespace, serviceAccount, ...refs }),
    maxSessionDuration: ONE_HOUR_SECONDS,
    ...(permissionsBoundary !== undefined && { permissionsBoundary }),
  };
}

/** What the role may do, inline: it belongs to this role alone and goes with it. */
export function rolePolicyArgs(permissions: readonly IamStatement[], role: Input<string>): RolePolicyArgs {
  return { role, policy: iamPolicy(permissions) };
}

/** Gives the role to pods of the ServiceAccount. Session tags stay on: the trust policy asks for them. */
export function associationArgs(
  account: Account,
  refs: Pick<PodRoleRefs, "clusterName"> & { readonly roleArn: Input<string> },
): PodIdentityAssociationArgs {
  return {
    clusterName: refs.clusterName,
    namespace: account.namespace,
    serviceAccount: account.serviceAccount,
    roleArn: refs.roleArn,
    disableSessionTags: false,
  };
}
