// Karpenter: the controller with its role, the role of its nodes, and the queue that tells it of interruptions.
import { EventRule } from "@pulumi/aws/cloudwatch/eventRule.js";
import { EventTarget } from "@pulumi/aws/cloudwatch/eventTarget.js";
import { AccessEntry } from "@pulumi/aws/eks/accessEntry.js";
import { PodIdentityAssociation } from "@pulumi/aws/eks/podIdentityAssociation.js";
import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import { Queue } from "@pulumi/aws/sqs/queue.js";
import { QueuePolicy } from "@pulumi/aws/sqs/queuePolicy.js";
import { Release } from "@pulumi/kubernetes/helm/v3/index.js";
import {
  all,
  type ComponentResourceOptions,
  type CustomResourceOptions,
  type Output,
  type Resource,
} from "@pulumi/pulumi";
import { chartReleaseArgs } from "../kit/chart-release.ts";
import { BaseComponent } from "../kit/component.ts";
import { iamPolicy } from "../kit/iam-policy.ts";
import { applyOverride } from "../kit/override.ts";
import type { GpuSupportOverride, GpuSupportRefs } from "./gpu-support.args.ts";
import type { KarpenterPlan } from "./gpu-support.plan.ts";
import * as manifests from "./karpenter.manifests.ts";
import { karpenterStatements } from "./karpenter-policy.ts";

const TOKEN = { area: "gpu-pool", kind: "Karpenter" };

export type KarpenterArgs = {
  readonly plan: KarpenterPlan;
  readonly refs: GpuSupportRefs;
  readonly override: GpuSupportOverride;
  /** For what is inside of the cluster. */
  readonly inCluster: Pick<CustomResourceOptions, "deletedWith">;
};

type Nodes = { readonly role: Role; readonly profile: InstanceProfile; readonly rights: readonly Resource[] };
type Interruptions = { readonly queue: Queue; readonly parts: readonly Resource[] };

/** One a cluster. Its pools depend on `controller`, so that it outlives them and takes their machines away. */
export class Karpenter extends BaseComponent {
  readonly controller: Release;
  readonly instanceProfileName: Output<string>;

  constructor(name: string, args: KarpenterArgs, opts: ComponentResourceOptions) {
    super(TOKEN, name, opts);
    const nodes = this.#createNodeRole(args);
    const interruptions = this.#createInterruptions(args);
    const rights = this.#createRights(args, nodes, interruptions.queue);
    this.instanceProfileName = nodes.profile.name;
    this.controller = this.#createController(args, interruptions.queue, [
      ...nodes.rights,
      ...interruptions.parts,
      ...rights,
    ]);
    this.registerOutputs({ instanceProfileName: this.instanceProfileName });
  }

  /** Of their own, as EKS itself makes the access entry of a role that managed node groups use. */
  #createNodeRole({ plan, refs, override }: KarpenterArgs): Nodes {
    const role = new Role(
      this.childName("node-role"),
      applyOverride(manifests.nodeRoleArgs(plan), override.nodeRole),
      this.childOptions(),
    );
    const policies = manifests.NODE_POLICIES.map(
      (policy) =>
        new RolePolicyAttachment(
          this.childName(policy),
          { role: role.name, policyArn: `arn:aws:iam::aws:policy/${policy}` },
          this.childOptions(),
        ),
    );
    const entry = new AccessEntry(
      this.childName("node-access"),
      { clusterName: refs.clusterName, principalArn: role.arn, type: "EC2_LINUX" },
      this.childOptions(),
    );
    const profile = new InstanceProfile(
      this.childName("node-profile"),
      { role: role.name },
      this.childOptions(),
    );
    return { role, profile, rights: [...policies, entry] };
  }

  #createInterruptions({ plan, override }: KarpenterArgs): Interruptions {
    const queue = new Queue(
      this.childName("interruptions"),
      applyOverride(manifests.queueArgs(plan), override.interruptions),
      this.childOptions(),
    );
    const rules = Object.entries(manifests.EVENTS).map(([event, what]) => ({
      event,
      rule: new EventRule(this.childName(event), manifests.eventRuleArgs(what), this.childOptions()),
    }));
    const policy = new QueuePolicy(
      this.childName("interruptions-policy"),
      {
        queueUrl: queue.url,
        policy: manifests.queuePolicy(
          queue.arn,
          rules.map(({ rule }) => rule.arn),
        ),
      },
      this.childOptions(),
    );
    const targets = rules.map(
      ({ event, rule }) =>
        new EventTarget(
          this.childName(`${event}-target`),
          { rule: rule.name, arn: queue.arn },
          this.childOptions({ dependsOn: [policy] }),
        ),
    );
    return { queue, parts: [policy, ...targets] };
  }

  #createRights({ plan, refs, override }: KarpenterArgs, nodes: Nodes, queue: Queue): readonly Resource[] {
    const role = new Role(
      this.childName("role"),
      applyOverride(manifests.controllerRoleArgs(plan, refs), override.karpenterRole),
      this.childOptions(),
    );
    const statements = karpenterStatements({
      ...plan,
      ...refs,
      subnetIds: refs.privateSubnetIds,
      securityGroupId: refs.clusterSecurityGroupId,
      nodeRoleArn: nodes.role.arn,
      instanceProfileArn: nodes.profile.arn,
      queueArn: queue.arn,
    });
    const policy = new RolePolicy(
      this.childName("policy"),
      { role: role.name, policy: iamPolicy(statements) },
      this.childOptions(),
    );
    const { namespace, name: serviceAccount } = manifests.SERVICE_ACCOUNT;
    const association = new PodIdentityAssociation(
      this.childName("identity"),
      { clusterName: refs.clusterName, namespace, serviceAccount, roleArn: role.arn },
      this.childOptions(),
    );
    return [policy, association];
  }

  #createController(
    { plan, refs, override, inCluster }: KarpenterArgs,
    queue: Queue,
    needed: readonly Resource[],
  ): Release {
    const types = new Release(
      this.childName("types"),
      chartReleaseArgs("karpenter-crd", {}),
      this.childOptions(inCluster),
    );
    const args = manifests.karpenterReleaseArgs(plan, {
      clusterName: all([refs.clusterName, refs.systemNodes]).apply(([cluster]) => cluster),
      queueName: queue.name,
    });
    return new Release(
      this.childName("controller"),
      applyOverride(args, override.karpenter),
      this.childOptions({ ...inCluster, dependsOn: [types, ...needed] }),
    );
  }
}
