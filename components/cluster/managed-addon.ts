// ManagedAddon: an add-on that EKS keeps, in the version of the plan, with a role of its own where it calls AWS.
import { Addon, type AddonArgs } from "@pulumi/aws/eks/addon.js";
import { getAddonVersionOutput } from "@pulumi/aws/eks/getAddonVersion.js";
import type { ComponentResourceOptions, Input, Resource } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride, type Override } from "../kit/override.ts";
import { podTrust } from "../kit/pod-trust.ts";
import type { AddonIdentity, AddonPlan } from "./addons.plan.ts";
import { AwsRole } from "./aws-role.ts";
import type { ClusterPlan } from "./cluster.plan.ts";
import { volumesKeyStatements } from "./identity.ts";

const TOKEN = { area: "cluster", kind: "ManagedAddon" };
const NAMESPACE = "kube-system";

type ManagedAddonArgs = {
  readonly cluster: ClusterPlan;
  readonly addon: AddonPlan;
  readonly refs: {
    readonly clusterName: Input<string>;
    readonly clusterArn: Input<string>;
    readonly volumesKeyArn: Input<string>;
  };
  /** What has to be there before its pods are started. */
  readonly after: readonly Resource[];
  readonly override: Override<AddonArgs> | undefined;
};

/** `resource` stands once EKS calls the add-on active. */
export class ManagedAddon extends BaseComponent {
  readonly resource: Addon;

  constructor(name: string, args: ManagedAddonArgs, opts: ComponentResourceOptions) {
    super(TOKEN, name, opts);
    const { identity } = args.addon;
    const role = identity && this.#createRole(args, identity);
    this.resource = new Addon(
      this.childName("addon"),
      applyOverride(this.#addonArgs(args, role), args.override),
      this.childOptions({ dependsOn: [...args.after, ...(role?.rights ?? [])] }),
    );
    this.registerOutputs({});
  }

  #createRole({ cluster, refs }: ManagedAddonArgs, identity: AddonIdentity): AwsRole {
    const { serviceAccount, policy, usesVolumesKey } = identity;
    return new AwsRole(
      this.childName("role"),
      {
        description: `${serviceAccount} of ${cluster.name}`,
        trust: podTrust({ clusterArn: refs.clusterArn, namespace: NAMESPACE, serviceAccount }),
        policies: [policy],
        statements: usesVolumesKey ? volumesKeyStatements(refs.volumesKeyArn) : [],
      },
      { parent: this },
    );
  }

  #addonArgs({ cluster, addon, refs }: ManagedAddonArgs, role: AwsRole | undefined): AddonArgs {
    const { name, version, configuration, identity } = addon;
    return {
      clusterName: refs.clusterName,
      addonName: name,
      addonVersion: version ?? this.#defaultVersion(name, cluster.version),
      // The program is the only one to configure an add-on: what was changed by hand goes back.
      resolveConflictsOnCreate: "OVERWRITE",
      resolveConflictsOnUpdate: "OVERWRITE",
      ...(configuration !== undefined && { configurationValues: JSON.stringify(configuration) }),
      ...(role !== undefined &&
        identity !== undefined && {
          podIdentityAssociations: [{ roleArn: role.arn, serviceAccount: identity.serviceAccount }],
        }),
    };
  }

  #defaultVersion(addonName: string, kubernetesVersion: string): Input<string> {
    return getAddonVersionOutput({ addonName, kubernetesVersion }, { parent: this }).version;
  }
}
