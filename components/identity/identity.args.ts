// Settings of a pod's role: which ServiceAccount takes it, and what it may do, action by action.
import type { PodIdentityAssociationArgs } from "@pulumi/aws/eks/podIdentityAssociation.js";
import type { RoleArgs } from "@pulumi/aws/iam/role.js";
import type { RolePolicyArgs } from "@pulumi/aws/iam/rolePolicy.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import type { IamStatement } from "../kit/iam-policy.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { reasonForEveryResource } from "./unscoped-actions.ts";

/** `*`, and ARNs that say no more than it. */
const EVERY_RESOURCE = /^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*)$/;

const action = z
  .string()
  .regex(/^[a-z0-9-]+:[A-Za-z0-9]+$/, "one action by its whole name, e.g. s3:GetObject, without wildcards");

const permission = z
  .strictObject({
    sid: z
      .string()
      .regex(/^[A-Za-z0-9]{1,64}$/, "1 to 64 letters and digits")
      .describe("Name of the statement, unique within the role."),
    actions: z.array(action).min(1, "at least one action").describe("Actions by their whole names."),
    resources: z
      .array(z.string())
      .min(1, "at least one ARN")
      .describe("ARNs; `*` only for actions that AWS ties to no resource."),
  })
  .superRefine(({ actions, resources }, context) => {
    if (!resources.some((resource) => EVERY_RESOURCE.test(resource))) return;
    for (const [index, name] of actions.entries()) {
      if (reasonForEveryResource(name) !== undefined) continue;
      context.addIssue({
        code: "custom",
        path: ["actions", index],
        message: "named resources: AWS can tie this action to ARNs",
      });
    }
  });

export const podRoleSettings = z.strictObject({
  namespace: dnsLabel.describe("Namespace of the ServiceAccount."),
  serviceAccount: dnsLabel.describe("ServiceAccount whose pods take the role, and no others."),
  permissions: z
    .array(permission)
    .min(1, "at least one statement")
    .refine(hasUniqueSids, "statements with different sids")
    .describe("What the role may do; each statement may also carry `conditions`."),
  permissionsBoundary: z
    .string()
    .regex(/^arn:[\w-]+:iam::\d{12}:policy\/\S+$/, "the ARN of an IAM policy")
    .optional()
    .describe("ARN of the policy that bounds every role of the account; none when left out."),
});

export type PodRoleSettings = z.output<typeof podRoleSettings>;

function hasUniqueSids(permissions: readonly { readonly sid: string }[]): boolean {
  return new Set(permissions.map(({ sid }) => sid)).size === permissions.length;
}

export type PodRoleRefs = {
  readonly clusterName: Input<string>;
  /** Ties the role to this very cluster, not only to clusters of its name. */
  readonly clusterArn?: Input<string>;
  /** Account that Pod Identity must be acting for. */
  readonly accountId?: Input<string>;
};

export type PodRoleArgs = Omit<z.input<typeof podRoleSettings>, "permissions"> & {
  readonly permissions: readonly IamStatement[];
  readonly refs: PodRoleRefs;
  /** Changes to single children, by name. */
  readonly override?: {
    readonly role?: Override<RoleArgs>;
    readonly policy?: Override<RolePolicyArgs>;
    readonly association?: Override<PodIdentityAssociationArgs>;
  };
};
