// ModelVersion: one version of a model as pods behind a Service of its own.
import { CustomResource } from "@pulumi/kubernetes/apiextensions/index.js";
import { Deployment, type DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import { HorizontalPodAutoscaler } from "@pulumi/kubernetes/autoscaling/v2/index.js";
import { ConfigMap, Service } from "@pulumi/kubernetes/core/v1/index.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/index.js";
import { ResourceClaimTemplate } from "@pulumi/kubernetes/resource/v1/index.js";
import { all, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { claimTemplateArgs } from "../kit/gpu-claim.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { rolloutTimeouts } from "../kit/rollout.ts";
import type { RuntimePlan } from "./runtime.plan.ts";
import { modelConfigArgs } from "./runtime-pod.ts";
import { autoscalerArgs, scaledObjectArgs } from "./scaling.manifests.ts";
import {
  type ModelVersionArgs,
  type ModelVersionOverride,
  type ModelVersionRefs,
  modelVersionSettings,
} from "./serving.args.ts";
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
    this.#createScaler(plan, { namespace: args.refs.namespace, deployment: pods }, override);
    const service = this.#createService(plan, args.refs, override);
    this.serviceName = all([service, pods]).apply(([name]) => name);
    this.registerOutputs({ serviceName: this.serviceName });
  }

  #createPods(plan: ModelVersionPlan, args: ModelVersionArgs): Output<string> {
    const times = { ...plan, replicas: plan.scaling.mostPods };
    return named(
      Deployment,
      this.childName("deployment"),
      applyOverride(this.#deploymentArgs(plan, args.refs), args.override?.deployment),
      this.childOptions({ customTimeouts: rolloutTimeouts(times) }),
    );
  }

  #deploymentArgs(plan: ModelVersionPlan, refs: ModelVersionRefs): DeploymentArgs {
    const { pods } = plan;
    const podRefs = { ...refs, ...this.#createClaims(plan, refs) };
    if (pods.kind === "server") return manifests.serverDeploymentArgs({ ...plan, pods }, podRefs);
    const runtime = { ...plan, pods };
    const config = this.#createConfig(runtime, refs);
    return manifests.runtimeDeploymentArgs(runtime, { ...podRefs, config });
  }

  #createClaims(
    { name, gpu, labels }: ModelVersionPlan,
    { namespace }: ModelVersionRefs,
  ): { readonly claimTemplate?: Output<string> } {
    if (gpu?.claim === undefined) return {};
    const args = claimTemplateArgs(gpu.claim, name, { namespace, labels: { ...labels } });
    const child = this.childName(gpu.claim.suffix);
    return { claimTemplate: named(ResourceClaimTemplate, child, args, this.childOptions()) };
  }

  #createConfig(plan: ModelVersionPlan<RuntimePlan>, refs: ModelVersionRefs): Output<string> {
    return named(
      ConfigMap,
      this.childName(`config-${plan.pods.config.checksum}`),
      modelConfigArgs(plan, refs.namespace),
      this.childOptions({ aliases: [{ name: this.childName("config") }] }),
    );
  }

  #createScaler(
    plan: ModelVersionPlan,
    target: Pick<ModelVersionRefs, "namespace"> & { readonly deployment: Output<string> },
    override: ModelVersionOverride,
  ): void {
    const { scaling } = plan;
    switch (scaling.kind) {
      case "none":
        return;
      case "keda":
        new CustomResource(
          this.childName("scaled-object"),
          applyOverride(scaledObjectArgs(plan, scaling, target), override.scaledObject),
          this.childOptions(),
        );
        return;
      case "hpa":
        new HorizontalPodAutoscaler(
          this.childName("autoscaler"),
          applyOverride(autoscalerArgs(plan, scaling, target), override.autoscaler),
          this.childOptions(),
        );
    }
  }

  #createService(
    plan: ModelVersionPlan,
    refs: ModelVersionRefs,
    override: ModelVersionOverride,
  ): Output<string> {
    new PodDisruptionBudget(
      this.childName("disruption-budget"),
      applyOverride(manifests.modelDisruptionArgs(plan, refs.namespace), override.disruptionBudget),
      this.childOptions(),
    );
    return named(
      Service,
      this.childName("service"),
      applyOverride(manifests.modelServiceArgs(plan, refs.namespace), override.service),
      this.childOptions(),
    );
  }
}
