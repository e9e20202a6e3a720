// StandaloneMonitoring: Prometheus and Alertmanager of an environment, where no operator makes them.
import { Deployment } from "@pulumi/kubernetes/apps/v1/index.js";
import { ConfigMap, Service, ServiceAccount } from "@pulumi/kubernetes/core/v1/index.js";
import type { ComponentResourceOptions, Output, Resource } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { rolloutTimeouts } from "../kit/rollout.ts";
import { createClosedNamespace } from "./closed-namespace.ts";
import { dashboardArgs } from "./monitoring.manifests.ts";
import { type StandaloneArgs, standaloneSettings } from "./standalone.args.ts";
import * as manifests from "./standalone.manifests.ts";
import { planStandalone, type ServerPlan } from "./standalone.plan.ts";

const TOKEN = { area: "monitoring", kind: "StandaloneMonitoring" };

/** Watches one environment of a cluster without the Prometheus operator. Throws ConfigError on a wrong setting. */
export class StandaloneMonitoring extends BaseComponent {
  /** Namespace of Prometheus, Alertmanager and the dashboards. */
  readonly namespace: Output<string>;

  constructor(name: string, args: StandaloneArgs, opts: ComponentResourceOptions = {}) {
    const plan = planStandalone(parseSettings(standaloneSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const { name: namespace, policies } = createClosedNamespace(plan, "restricted", {
      childName: (suffix) => this.childName(suffix),
      options: this.childOptions(),
    });
    this.namespace = namespace;
    for (const target of plan.targets) {
      new Service(
        this.childName(target.service),
        manifests.targetServiceArgs(plan, target, args.refs.namespace),
        this.childOptions(),
      );
    }
    this.#createServer(plan.prometheus, args, policies);
    this.#createServer(plan.alertmanager, args, policies);
    for (const dashboard of plan.monitoring.dashboards) {
      new ConfigMap(
        this.childName(`dashboard-${dashboard.name.split("-")[1]}`),
        dashboardArgs(plan.monitoring, dashboard, this.namespace),
        this.childOptions(),
      );
    }
    this.registerOutputs({ namespace: this.namespace });
  }

  #createServer(server: ServerPlan, { refs, override }: StandaloneArgs, dependsOn: Resource[]): void {
    const { name } = server;
    const account = named(
      ServiceAccount,
      this.childName(`${name}-account`),
      manifests.serverAccountArgs(server, this.namespace),
      this.childOptions(),
    );
    const config = named(
      ConfigMap,
      this.childName(`${name}-config-${server.config.checksum}`),
      manifests.serverConfigArgs(server, this.namespace),
      this.childOptions(),
    );
    const pods = { namespace: this.namespace, image: refs.images[name], account, config };
    new Deployment(
      this.childName(name),
      applyOverride(manifests.serverDeploymentArgs(server, pods), override?.[name]),
      this.childOptions({ customTimeouts: rolloutTimeouts(server), dependsOn }),
    );
    new Service(
      this.childName(`${name}-service`),
      manifests.serverServiceArgs(server, this.namespace),
      this.childOptions(),
    );
  }
}
