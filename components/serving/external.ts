// ExternalVersion: a version that a provider serves, as a Service that a route can weigh against versions with pods.
import { Service } from "@pulumi/kubernetes/core/v1/index.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type ExternalVersionArgs, externalVersionSettings } from "./external.args.ts";
import { externalServiceArgs } from "./external.manifests.ts";

const TOKEN = { area: "serving", kind: "ExternalVersion" };

/** One version of a provider. It must depend on the gateway, whose pods its Service leads to. Throws ConfigError. */
export class ExternalVersion extends BaseComponent {
  /** Name of the Service that routes point to. */
  readonly serviceName: Output<string>;

  constructor(name: string, args: ExternalVersionArgs, opts: ComponentResourceOptions = {}) {
    const settings = parseSettings(externalVersionSettings, args, { ...TOKEN, name });
    super(TOKEN, name, opts);
    this.serviceName = named(
      Service,
      this.childName("service"),
      applyOverride(externalServiceArgs(settings, args.refs.namespace), args.override?.service),
      this.childOptions(),
    );
    this.registerOutputs({ serviceName: this.serviceName });
  }
}
