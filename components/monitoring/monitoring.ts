// Monitoring: an environment's targets, rules, dashboards and alert routes, as a Prometheus operator reads them.
import { CustomResource } from "@pulumi/kubernetes/apiextensions/index.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/index.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type MonitoringArgs, monitoringSettings } from "./monitoring.args.ts";
import * as manifests from "./monitoring.manifests.ts";
import { type MonitoringPlan, planMonitoring } from "./monitoring.plan.ts";

const TOKEN = { area: "monitoring", kind: "Monitoring" };

/** Watches one environment; needs the operator's types in the cluster. Throws ConfigError on a wrong setting. */
export class Monitoring extends BaseComponent {
  constructor(name: string, args: MonitoringArgs, opts: ComponentResourceOptions = {}) {
    const plan = planMonitoring(parseSettings(monitoringSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    this.#createTargets(plan, args);
    this.#createRules(plan, args);
    this.#createDashboards(plan, args);
    this.registerOutputs({});
  }

  #createTargets(plan: MonitoringPlan, { refs, override }: MonitoringArgs): void {
    new CustomResource(
      this.childName("gateway-monitor"),
      applyOverride(manifests.gatewayMonitorArgs(plan, refs.namespace), override?.gatewayMonitor),
      this.childOptions(),
    );
    new CustomResource(
      this.childName("model-monitor"),
      applyOverride(manifests.modelMonitorArgs(plan, refs.namespace), override?.modelMonitor),
      this.childOptions(),
    );
  }

  #createRules(plan: MonitoringPlan, { refs }: MonitoringArgs): void {
    for (const group of plan.groups) {
      new CustomResource(
        this.childName(group.name.replace("rampa.", "rules-")),
        manifests.ruleArgs(plan, group, refs.namespace),
        this.childOptions(),
      );
    }
    if (plan.routes.length === 0) return;
    new CustomResource(
      this.childName("alert-routes"),
      manifests.alertRoutesArgs(plan, refs.namespace),
      this.childOptions(),
    );
  }

  #createDashboards(plan: MonitoringPlan, { refs, override }: MonitoringArgs): void {
    for (const dashboard of plan.dashboards) {
      new ConfigMap(
        this.childName(`dashboard-${dashboard.name.split("-")[1]}`),
        applyOverride(manifests.dashboardArgs(plan, dashboard, refs.namespace), override?.dashboard),
        this.childOptions(),
      );
    }
  }
}
