// MonitoringStack: Prometheus, Alertmanager and Grafana under the Prometheus operator, in a closed namespace.
import { Namespace, Secret } from "@pulumi/kubernetes/core/v1/index.js";
import { Release } from "@pulumi/kubernetes/helm/v3/index.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/index.js";
import { type ComponentResourceOptions, type Output, secret } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { chartReleaseArgs } from "../kit/chart-release.ts";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type MonitoringStackArgs, monitoringStackSettings } from "./monitoring-stack.args.ts";
import { GRAFANA_SECRET, type MonitoringStackPlan, planMonitoringStack } from "./monitoring-stack.plan.ts";
import { namespaceArgs, networkPolicyArgs } from "./namespace.manifests.ts";

const TOKEN = { area: "monitoring", kind: "MonitoringStack" };

/** What collects, keeps, shows and sends; once a cluster. Throws ConfigError on a wrong setting. */
export class MonitoringStack extends BaseComponent {
  readonly namespace: Output<string>;

  constructor(name: string, args: MonitoringStackArgs, opts: ComponentResourceOptions = {}) {
    const plan = planMonitoringStack(parseSettings(monitoringStackSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    this.namespace = named(
      Namespace,
      this.childName("namespace"),
      namespaceArgs(plan.namespace, plan.labels, "restricted"),
      this.childOptions(),
    );
    const policies = plan.paths.map(
      (path) =>
        new NetworkPolicy(
          this.childName(path.name),
          networkPolicyArgs(path, plan.labels, this.namespace),
          this.childOptions(),
        ),
    );
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
