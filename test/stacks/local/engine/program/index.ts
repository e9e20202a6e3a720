// The program of the engine's real tests: a component with a bit of everything that the engine has to handle.
import { readFileSync } from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const config = new pulumi.Config();
const kubernetes = new k8s.Provider("cluster", {
  kubeconfig: readFileSync(config.require("kubeconfig"), "utf8"),
  clusterIdentifier: "engine-test",
  enableConfigMapMutable: true,
  enableSecretMutable: true,
});
const randomness = new random.Provider("randomness", {});

class Unit extends pulumi.ComponentResource {
  readonly key: pulumi.Output<string>;

  constructor(name: string, options: pulumi.ComponentResourceOptions) {
    super("test:index:Unit", name, {}, options);
    const parent = { parent: this };
    const namespace = new k8s.core.v1.Namespace("namespace", { metadata: { name: "unit" } }, parent);
    const within = { namespace: namespace.metadata.name };
    const password = new random.RandomPassword("key", { length: 40, special: false }, parent);
    this.key = password.result;
    new k8s.core.v1.Secret(
      "keys",
      { metadata: { ...within, name: "keys" }, stringData: { key: this.key } },
      parent,
    );
    const data = { "config.json": config.get("value") ?? "one" };
    const settingsName = config.get("settingsName") ?? "settings";
    new k8s.core.v1.ConfigMap("settings", { metadata: { ...within, name: settingsName }, data }, parent);
    new k8s.core.v1.ConfigMap("unnamed", { metadata: within, data }, parent);
    createService(within, parent);
    createWidget(within, parent);
    const deployment = config.get("deployment");
    if (deployment) createDeployment(within, deployment === "skip", parent);
    this.registerOutputs();
  }
}

type Within = { readonly namespace: pulumi.Output<string> };

function createService(within: Within, options: pulumi.CustomResourceOptions): void {
  const metadata = { ...within, name: "service", annotations: { "pulumi.com/skipAwait": "true" } };
  const spec = { selector: { app: "unit" }, ports: [{ name: "http", port: 80 }] };
  new k8s.core.v1.Service("service", { metadata, spec }, options);
}

function createWidget(within: Within, options: pulumi.CustomResourceOptions): void {
  const openAPIV3Schema = {
    type: "object",
    properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  };
  const definition = new k8s.apiextensions.v1.CustomResourceDefinition(
    "widgets",
    {
      metadata: { name: "widgets.test.dev" },
      spec: {
        group: "test.dev",
        scope: "Namespaced",
        names: { plural: "widgets", kind: "Widget" },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }],
      },
    },
    options,
  );
  new k8s.apiextensions.CustomResource(
    "widget",
    {
      apiVersion: "test.dev/v1",
      kind: "Widget",
      metadata: { ...within, name: "widget" },
      spec: { size: config.getNumber("size") ?? 1 },
    },
    { ...options, dependsOn: [definition] },
  );
}

/** No kubelet runs in these tests, so one that is waited for never becomes ready. */
function createDeployment(within: Within, skipAwait: boolean, options: pulumi.CustomResourceOptions): void {
  const annotations = { "pulumi.com/skipAwait": String(skipAwait) };
  const labels = { app: config.get("app") ?? "unit" };
  const containers = [{ name: "main", image: "registry.invalid/nothing:1" }];
  new k8s.apps.v1.Deployment(
    "workload",
    {
      metadata: { ...within, name: "workload", annotations },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
    },
    { ...options, customTimeouts: { create: config.get("timeout") ?? "120s" } },
  );
}

const unit = new Unit("unit", { providers: [kubernetes, randomness] });

export const key = pulumi.secret(unit.key);
export const value = config.get("value") ?? "one";
