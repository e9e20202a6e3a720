// LoadBalancerController: the AWS Load Balancer Controller, for Gateways of this cluster.
import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1/index.js";
import { Release } from "@pulumi/kubernetes/helm/v3/index.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { chartReleaseArgs } from "../kit/chart-release.ts";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type ControllerArgs, controllerSettings } from "./controller.args.ts";
import { controllerValues } from "./controller.values.ts";
import { DEFINITIONS, type DefinedKind, definitionArgs } from "./controller-definitions.ts";

const TOKEN = { area: "ingress", kind: "LoadBalancerController" };

/** The controller of one cluster. Its role is that of `CONTROLLER_ACCOUNT`. */
export class LoadBalancerController extends BaseComponent {
  constructor(name: string, args: ControllerArgs, opts: ComponentResourceOptions = {}) {
    const settings = parseSettings(controllerSettings, args, { ...TOKEN, name });
    super(TOKEN, name, opts);
    const kinds = Object.keys(DEFINITIONS) as DefinedKind[]; // Object.keys says string[]
    const definitions = kinds.map(
      (kind) =>
        new CustomResourceDefinition(
          this.childName(DEFINITIONS[kind]),
          definitionArgs(kind),
          this.childOptions(),
        ),
    );
    new Release(
      this.childName("release"),
      applyOverride(
        chartReleaseArgs("aws-load-balancer-controller", controllerValues(settings, args.refs)),
        args.override?.release,
      ),
      // It looks once, at its start, for the kinds that it can work on.
      this.childOptions({ dependsOn: definitions }),
    );
    this.registerOutputs({});
  }
}
