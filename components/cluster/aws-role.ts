// AwsRole: an IAM role with policies of AWS by name and, where it needs more, one policy of its own.
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import type { ComponentResourceOptions, Input, Output, Resource } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { type IamStatement, iamPolicy } from "../kit/iam-policy.ts";

const TOKEN = { area: "cluster", kind: "AwsRole" };

type AwsRoleArgs = {
  readonly description: string;
  /** The trust policy, as JSON. */
  readonly trust: Input<string>;
  /** Names of policies that AWS manages, e.g. `AmazonEKSClusterPolicy`. */
  readonly policies: readonly string[];
  readonly statements: readonly IamStatement[];
};

/** Whoever uses the role should depend on `rights` too: the role is there before it may do anything. */
export class AwsRole extends BaseComponent {
  readonly arn: Output<string>;
  readonly roleName: Output<string>;
  readonly rights: readonly Resource[];

  constructor(name: string, args: AwsRoleArgs, opts: ComponentResourceOptions) {
    super(TOKEN, name, opts);
    const role = new Role(
      this.childName("role"),
      { description: args.description, assumeRolePolicy: args.trust },
      this.childOptions(),
    );
    this.arn = role.arn;
    this.roleName = role.name;
    this.rights = [...this.#attach(args), ...this.#grant(args.statements)];
    this.registerOutputs({ arn: this.arn });
  }

  #attach({ policies }: AwsRoleArgs): Resource[] {
    return policies.map(
      (policy) =>
        new RolePolicyAttachment(
          this.childName(policy),
          { role: this.roleName, policyArn: `arn:aws:iam::aws:policy/${policy}` },
          this.childOptions(),
        ),
    );
  }

  #grant(statements: readonly IamStatement[]): Resource[] {
    if (statements.length === 0) return [];
    const args = { role: this.roleName, policy: iamPolicy(statements) };
    return [new RolePolicy(this.childName("keys"), args, this.childOptions())];
  }
}
