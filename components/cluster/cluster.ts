// EksCluster: control plane, access entries, the cluster's own nodes and the add-ons without which none joins.
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { LaunchTemplate } from "@pulumi/aws/ec2/launchTemplate.js";
import { AccessEntry } from "@pulumi/aws/eks/accessEntry.js";
import { AccessPolicyAssociation } from "@pulumi/aws/eks/accessPolicyAssociation.js";
import { Cluster } from "@pulumi/aws/eks/cluster.js";
import { NodeGroup } from "@pulumi/aws/eks/nodeGroup.js";
import { all, type ComponentResourceOptions, interpolate, type Output, type Resource } from "@pulumi/pulumi";
import { today } from "../contract/today.ts";
import { BaseComponent } from "../kit/component.ts";
import { type IamStatement, trustPolicy } from "../kit/iam-policy.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { AwsRole } from "./aws-role.ts";
import { clusterSettingsOn, type EksClusterArgs, type EksClusterOverride } from "./cluster.args.ts";
import * as manifests from "./cluster.manifests.ts";
import { type ClusterPlan, planCluster, type RolePlan, type SystemPoolPlan } from "./cluster.plan.ts";
import { secretsKeyStatement, volumesKeyStatements } from "./identity.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { ManagedAddon } from "./managed-addon.ts";

const TOKEN = { area: "cluster", kind: "EksCluster" };

/** A cluster that nodes can join. Throws ConfigError on a wrong setting. */
export class EksCluster extends BaseComponent {
  readonly clusterName: Output<string>;
  readonly clusterArn: Output<string>;
  readonly endpoint: Output<string>;
  /** PEM in base64. */
  readonly certificateAuthority: Output<string>;
  /** Of the control plane and every node: who shares it reaches both. */
  readonly clusterSecurityGroupId: Output<string>;
  readonly nodeRoleName: Output<string>;
  readonly nodeRoleArn: Output<string>;
  /** Known once nodes stand; in Auto Mode, which starts them on demand, once the cluster does. */
  readonly systemNodes: Output<string>;
  /** Without secrets; known once the admins' access entries work. */
  readonly kubeconfig: Output<string>;
  readonly #plan: ClusterPlan;
  readonly #args: Pick<EksClusterArgs, "refs"> & { readonly override: EksClusterOverride };

  constructor(name: string, args: EksClusterArgs, opts: ComponentResourceOptions = {}) {
    const plan = planCluster(parseSettings(clusterSettingsOn(today()), args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    this.#plan = plan;
    this.#args = { refs: args.refs, override: args.override ?? {} };
    const nodeRole = this.#createRole("nodes", plan.nodeRole, []);
    const cluster = this.#createControlPlane(nodeRole);
    this.clusterName = cluster.name;
    this.clusterArn = cluster.arn;
    this.endpoint = cluster.endpoint;
    this.certificateAuthority = cluster.certificateAuthority.data;
    this.clusterSecurityGroupId = cluster.vpcConfig.clusterSecurityGroupId;
    this.nodeRoleName = nodeRole.roleName;
    this.nodeRoleArn = nodeRole.arn;
    this.kubeconfig = this.#createKubeconfig(this.#createAccess());
    this.systemNodes = this.#createNodes(nodeRole);
    this.registerOutputs({ clusterName: this.clusterName, endpoint: this.endpoint });
  }

  #createRole(suffix: string, role: RolePlan, statements: readonly IamStatement[]): AwsRole {
    return new AwsRole(
      this.childName(suffix),
      {
        description: `${suffix} of ${this.#plan.name}`,
        trust: trustPolicy(role.service, role.actions),
        policies: role.policies,
        statements,
      },
      { parent: this },
    );
  }

  #createControlPlane(nodeRole: AwsRole): Cluster {
    const plan = this.#plan;
    const { refs, override } = this.#args;
    const { protect } = plan;
    const role = this.#createRole("control-plane", plan.role, [
      secretsKeyStatement(refs.secretsKeyArn),
      ...(plan.isAuto ? volumesKeyStatements(refs.volumesKeyArn) : []),
    ]);
    const logs = new LogGroup(
      this.childName("logs"),
      applyOverride(manifests.logGroupArgs(plan, refs.logsKeyArn), override.logGroup),
      this.childOptions({ protect }),
    );
    const clusterRefs = { ...refs, roleArn: role.arn, nodeRoleArn: nodeRole.arn };
    return new Cluster(
      this.childName("cluster"),
      applyOverride(manifests.clusterArgs(plan, clusterRefs), override.cluster),
      this.childOptions({ protect, dependsOn: [logs, ...role.rights, ...nodeRole.rights] }),
    );
  }

  #createAccess(): Resource[] {
    return this.#plan.grants.map((grant) => {
      const entry = new AccessEntry(
        this.childName(`access-${grant.key}`),
        manifests.accessEntryArgs(grant, this.clusterName),
        this.childOptions(),
      );
      return new AccessPolicyAssociation(
        this.childName(`policy-${grant.key}`),
        manifests.accessPolicyArgs(grant, this.clusterName),
        this.childOptions({ dependsOn: [entry] }),
      );
    });
  }

  /** Whoever calls the API with it before the entries work is refused, so it waits for them. */
  #createKubeconfig(access: readonly Resource[]): Output<string> {
    const { clusterName, endpoint, certificateAuthority } = this;
    const text = kubeconfig({ clusterName, region: this.#plan.region, endpoint, certificateAuthority });
    return all([text, access.map((each) => each.urn)]).apply(([file]) => file);
  }

  #createNodes(nodeRole: AwsRole): Output<string> {
    const { addons, systemPool } = this.#plan;
    const { refs, override } = this.#args;
    const { clusterName, clusterArn } = this;
    const before = addons.ofNodes.map((addon) => {
      const args = { cluster: this.#plan, addon, override: override.addons?.[addon.name], after: [] };
      const addonRefs = { clusterName, clusterArn, volumesKeyArn: refs.volumesKeyArn };
      return new ManagedAddon(this.childName(addon.name), { ...args, refs: addonRefs }, { parent: this });
    });
    if (systemPool === undefined) return clusterName;
    const needed = [...nodeRole.rights, ...before.map(({ resource }) => resource)];
    return this.#createSystemPool(systemPool, needed).nodeGroupName;
  }

  #createSystemPool(pool: SystemPoolPlan, needed: Resource[]): NodeGroup {
    const { refs, override } = this.#args;
    const template = new LaunchTemplate(
      this.childName("system-template"),
      applyOverride(manifests.nodeTemplateArgs(this.#plan, pool, refs.volumesKeyArn), override.nodeTemplate),
      this.childOptions(),
    );
    const groupRefs = {
      clusterName: this.clusterName,
      nodeRoleArn: this.nodeRoleArn,
      privateSubnetIds: refs.privateSubnetIds,
      template: { id: template.id, version: interpolate`${template.latestVersion}` },
    };
    return new NodeGroup(
      this.childName("system-nodes"),
      applyOverride(manifests.nodeGroupArgs(this.#plan, pool, groupRefs), override.nodeGroup),
      this.childOptions({ dependsOn: needed, ignoreChanges: ["scalingConfig.desiredSize"] }),
    );
  }
}
