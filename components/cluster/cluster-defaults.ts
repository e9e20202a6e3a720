// ClusterDefaults: what every cluster holds inside: DNS, metrics, storage, and the traffic that they need.
import { ConfigMap } from "@pulumi/kubernetes/core/v1/index.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/index.js";
import { StorageClass } from "@pulumi/kubernetes/storage/v1/index.js";
import { all, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { today } from "../contract/today.ts";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type ClusterDefaultsArgs, clusterSettingsOn } from "./cluster.args.ts";
import { type ClusterPlan, planCluster } from "./cluster.plan.ts";
import * as manifests from "./cluster-defaults.manifests.ts";
import { ManagedAddon } from "./managed-addon.ts";

const TOKEN = { area: "cluster", kind: "ClusterDefaults" };

/**
 * Needs two providers: AWS for the add-ons, Kubernetes for the objects beside them. Throws ConfigError on a wrong
 * setting.
 */
export class ClusterDefaults extends BaseComponent {
  readonly storageClass: Output<string>;
  /** Known once names are resolved and volumes made, so that workloads can wait for it. */
  readonly ready: Output<string>;

  constructor(name: string, args: ClusterDefaultsArgs, opts: ComponentResourceOptions) {
    const plan = planCluster(parseSettings(clusterSettingsOn(today()), args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const addons = this.#createAddons(plan, args, this.#createNetwork(plan, args));
    this.storageClass = named(
      StorageClass,
      this.childName("storage-class"),
      applyOverride(manifests.storageClassArgs(plan, args.refs.volumesKeyArn), args.override?.storageClass),
      this.childOptions(),
    );
    const standing = addons.map(({ resource }) => resource.urn);
    this.ready = all([args.refs.clusterName, standing]).apply(([cluster]) => cluster);
    this.registerOutputs({ storageClass: this.storageClass });
  }

  /** What makes NetworkPolicies hold and lets the add-ons through them; nothing where neither is needed. */
  #createNetwork(plan: ClusterPlan, { override }: ClusterDefaultsArgs): Resource[] {
    if (plan.isAuto) {
      const args = manifests.policyControllerArgs(plan);
      return [new ConfigMap(this.childName("policy-controller"), args, this.childOptions())];
    }
    if (!plan.isStrict) return [];
    const args = applyOverride(manifests.systemTrafficArgs(plan), override?.systemTraffic);
    return [new NetworkPolicy(this.childName("system-traffic"), args, this.childOptions())];
  }

  #createAddons(plan: ClusterPlan, args: ClusterDefaultsArgs, after: readonly Resource[]): ManagedAddon[] {
    const { clusterArn, volumesKeyArn } = args.refs;
    // The name is what ties the add-ons to the nodes: it is known once they stand.
    const clusterName = all([args.refs.clusterName, args.refs.systemNodes]).apply(([name]) => name);
    return plan.addons.ofPods.map(
      (addon) =>
        new ManagedAddon(
          this.childName(addon.name),
          {
            cluster: plan,
            addon,
            after,
            refs: { clusterName, clusterArn, volumesKeyArn },
            override: args.override?.addons?.[addon.name],
          },
          { parent: this },
        ),
    );
  }
}
