// ModelVersion: one version of a model as pods behind a Service of its own.
import { Deployment } from "@pulumi/kubernetes/apps/v1/index.js";
import { ConfigMap, Service } from "@pulumi/kubernetes/core/v1/index.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/index.js";
import { all, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { rolloutTimeouts } from "../kit/rollout.ts";
import { type ModelVersionArgs, type ModelVersionOverride, modelVersionSettings } from "./serving.args.ts";
import * as manifests from "./serving.manifests.ts";
import { type ModelVersionPlan, planModelVersion } from "./serving.plan.ts";

const TOKEN = { area: "serving", kind: "ModelVersion" };

/** Model servers of one version. Throws ConfigError on a wrong setting, before anything is created. */
export class ModelVersion extends BaseComponent {
  /** Name of the Service that routes point to; known once its pods are ready, so no route gets ahead of them. */
  readonly serviceName: Output<string>;

  constructor(name: string, args: ModelVersionArgs, opts: ComponentResourceOptions = {}) {
    const plan = planModelVersion(parseSettings(modelVersionSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const override = args.override ?? {};
    const pods = this.#createPods(plan, args);
    const service = this.#createService(plan, args.refs, override);
    this.serviceName = all([service, pods]).apply(([name]) => name);
    this.registerOutputs({ serviceName: this.serviceName });
  }

  #createPods(plan: ModelVersionPlan, args: ModelVersionArgs): Output<string> {
    const config = new ConfigMap(
      this.childName(`config-${plan.config.checksum}`),
      manifests.modelConfigArgs(plan, args.refs.namespace),
      this.childOptions({ aliases: [{ name: this.childName("config") }] }),
    ).metadata.name;
    return new Deployment(
      this.childName("deployment"),
      applyOverride(manifests.modelDeploymentArgs(plan, { ...args.refs, config }), args.override?.deployment),
      this.childOptions({ customTimeouts: rolloutTimeouts(plan) }),
    ).metadata.name;
  }

  #createService(
    plan: ModelVersionPlan,
    refs: ModelVersionArgs["refs"],
    override: ModelVersionOverride,
  ): Output<string> {
    new PodDisruptionBudget(
      this.childName("disruption-budget"),
      applyOverride(manifests.modelDisruptionArgs(plan, refs.namespace), override.disruptionBudget),
      this.childOptions(),
    );
    return new Service(
      this.childName("service"),
      applyOverride(manifests.modelServiceArgs(plan, refs.namespace), override.service),
      this.childOptions(),
    ).metadata.name;
  }
}
