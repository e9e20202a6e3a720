// PodRole: an IAM role for the pods of one ServiceAccount, had by EKS Pod Identity, without keys.
import { PodIdentityAssociation } from "@pulumi/aws/eks/podIdentityAssociation.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import type { IamStatement } from "../kit/iam-policy.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type PodRoleArgs, podRoleSettings } from "./identity.args.ts";
import * as manifests from "./identity.manifests.ts";

const TOKEN = { area: "identity", kind: "PodRole" };

/** Stands in the check for an ARN that only a deployment knows: such a one names a resource. */
const LATER = "known after deployment";

/** A pod's role. Throws ConfigError on a wildcard or a setting out of place, before anything is created. */
export class PodRole extends BaseComponent {
  /** Known once pods can take the role: what starts pods should depend on it. */
  readonly roleArn: Output<string>;

  constructor(name: string, args: PodRoleArgs, opts: ComponentResourceOptions = {}) {
    const { refs, override = {} } = args;
    const settings = parseSettings(
      podRoleSettings,
      { ...args, permissions: args.permissions.map(toChecked) },
      { ...TOKEN, name },
    );
    super(TOKEN, name, opts);
    const role = new Role(
      this.childName("role"),
      applyOverride(manifests.roleArgs(settings, refs), override.role),
      this.childOptions(),
    );
    const policy = new RolePolicy(
      this.childName("policy"),
      applyOverride(manifests.rolePolicyArgs(args.permissions, role.id), override.policy),
      this.childOptions(),
    );
    this.roleArn = new PodIdentityAssociation(
      this.childName("association"),
      applyOverride(
        manifests.associationArgs(settings, { clusterName: refs.clusterName, roleArn: role.arn }),
        override.association,
      ),
      this.childOptions({ dependsOn: [policy] }),
    ).roleArn;
    this.registerOutputs({ roleArn: this.roleArn });
  }
}

/** The plain part of a statement: what settings can be judged by. Everything but conditions is checked. */
function toChecked({ conditions: _conditions, resources = [], effect, ...rest }: IamStatement) {
  return {
    ...rest,
    ...(effect === "Deny" && { effect }),
    actions: [...rest.actions],
    resources: resources.map((resource) => (typeof resource === "string" ? resource : LATER)),
  };
}
