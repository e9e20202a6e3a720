// MonitoringStack: Prometheus, Alertmanager and Grafana under the Prometheus operator, in a closed namespace.
import { Secret } from "@pulumi/kubernetes/core/v1/index.js";
import { Release } from "@pulumi/kubernetes/helm/v3/index.js";
import { type ComponentResourceOptions, type Output, secret } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { chartReleaseArgs } from "../kit/chart-release.ts";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { createClosedNamespace } from "./closed-namespace.ts";
import { type MonitoringStackArgs, monitoringStackSettings } from "./monitoring-stack.args.ts";
import { GRAFANA_SECRET, type MonitoringStackPlan, planMonitoringStack } from "./monitoring-stack.plan.ts";

const TOKEN = { area: "monitoring", kind: "MonitoringStack" };

/** What collects, keeps, shows and sends; once a cluster. Throws ConfigError on a wrong setting. */
export class MonitoringStack extends BaseComponent {
  readonly namespace: Output<string>;

  constructor(name: string, args: MonitoringStackArgs, opts: ComponentResourceOptions = {}) {
    const plan = planMonitoringStack(parseSettings(monitoringStackSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const { name: namespace, policies } = createClosedNamespace(plan, "restricted", {
      childName: (suffix) => this.childName(suffix),
      options: this.childOptions(),
    });
    this.namespace = namespace;
    new Release(
      this.childName("release"),
      applyOverride(
        chartReleaseArgs("kube-prometheus-stack", plan.values, this.namespace),
        args.override?.release,
      ),
      this.childOptions({ dependsOn: [...policies, this.#createPassword(plan)] }),
    );
    this.registerOutputs({ namespace: this.namespace });
  }

  #createPassword(plan: MonitoringStackPlan): Secret {
    const { result } = new RandomPassword(
      this.childName("grafana-password"),
      { length: 32, special: false },
      this.childOptions(),
    );
    return new Secret(
      this.childName("grafana-admin"),
      {
        metadata: { name: GRAFANA_SECRET.name, namespace: this.namespace, labels: { ...plan.labels } },
        stringData: { [GRAFANA_SECRET.key]: secret(result) },
      },
      this.childOptions(),
    );
  }
}
