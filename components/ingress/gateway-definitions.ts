// GatewayDefinitions: the kinds of the Gateway API, once a cluster, for the platform's own routes and for ingress.
import { Release, type ReleaseArgs } from "@pulumi/kubernetes/helm/v3/index.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { chartReleaseArgs } from "../kit/chart-release.ts";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride, type Override } from "../kit/override.ts";

const TOKEN = { area: "ingress", kind: "GatewayDefinitions" };

export type GatewayDefinitionsArgs = {
  /** Changes to single children, by name. */
  readonly override?: { readonly release?: Override<ReleaseArgs> };
};

/** What writes routes, or works on them, depends on this. */
export class GatewayDefinitions extends BaseComponent {
  constructor(name: string, { override }: GatewayDefinitionsArgs = {}, opts: ComponentResourceOptions = {}) {
    super(TOKEN, name, opts);
    const values = {
      crds: { gatewayAPI: { enabled: true, channel: "standard" }, envoyGateway: { enabled: false } },
    };
    new Release(
      this.childName("release"),
      applyOverride(chartReleaseArgs("gateway-crds", values), override?.release),
      // Without its definition every object of a kind is gone, those of others in the cluster included.
      this.childOptions({ retainOnDelete: true }),
    );
    this.registerOutputs({});
  }
}
