// Plan of a model version → arguments of its Deployment, Service and disruption budget.
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { ServiceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { PodDisruptionBudgetArgs } from "@pulumi/kubernetes/policy/v1/index.js";
import type { core } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { PORTS } from "../contract/labels.ts";
import { claimsOfPod } from "../kit/gpu-claim.ts";
import * as pod from "../kit/pod.ts";
import { deploymentArgs } from "../kit/rollout.ts";
import type { RuntimePlan } from "./runtime.plan.ts";
import { runtimePodSpec } from "./runtime-pod.ts";
import type { ServerPlan } from "./server.plan.ts";
import { serverPodSpec } from "./server-pod.ts";
import type { ModelVersionRefs } from "./serving.args.ts";
import type { ModelVersionPlan } from "./serving.plan.ts";

/** `claimTemplate` is the name of the template of the pods' GPU claims, where the plan has claims. */
type PodRefs = ModelVersionRefs & { readonly claimTemplate?: Input<string> };

/** The version's pods, by our own runtime. */
export function runtimeDeploymentArgs(
  plan: ModelVersionPlan<RuntimePlan>,
  refs: PodRefs & { readonly config: Input<string> },
): DeploymentArgs {
  const checksum = { [pod.ANNOTATION_CONFIG_CHECKSUM]: plan.pods.config.checksum };
  return toDeployment(plan, refs, {
    annotations: { ...checksum, ...plan.annotations },
    spec: { ...toPodFrame(plan, refs), ...runtimePodSpec(plan, refs) },
  });
}

/** The version's pods, by another project's engine. */
export function serverDeploymentArgs(plan: ModelVersionPlan<ServerPlan>, refs: PodRefs): DeploymentArgs {
  return toDeployment(plan, refs, {
    annotations: { ...plan.annotations },
    spec: { ...toPodFrame(plan, refs), ...serverPodSpec(plan, refs) },
  });
}

function toDeployment(
  plan: ModelVersionPlan,
  refs: ModelVersionRefs,
  template: { readonly annotations: Record<string, string>; readonly spec: core.v1.PodSpec },
): DeploymentArgs {
  return deploymentArgs(plan, { name: plan.name, namespace: refs.namespace, ...template });
}

function toPodFrame(plan: ModelVersionPlan, refs: PodRefs) {
  return {
    serviceAccountName: refs.serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: refs.priorityClass,
    terminationGracePeriodSeconds: plan.terminationSeconds,
    topologySpreadConstraints: pod.toSpread(plan.spread, plan.selector),
    ...(refs.claimTemplate !== undefined && { resourceClaims: claimsOfPod(refs.claimTemplate) }),
    ...(plan.gpu && { nodeSelector: { ...plan.gpu.nodeSelector } }),
    tolerations: [...(plan.gpu?.tolerations ?? []), ...pod.lostNodeTolerations],
  };
}

/** The name under which the gateway reaches the version. */
export function modelServiceArgs(plan: ModelVersionPlan, namespace: Input<string>): ServiceArgs {
  const { name, number } = PORTS.http;
  return {
    metadata: { name: plan.name, namespace, labels: { ...plan.labels } },
    spec: {
      type: "ClusterIP",
      selector: { ...plan.selector },
      ports: [{ name, port: number, targetPort: name, protocol: "TCP", appProtocol: "http" }],
    },
  };
}

/** One pod at a time may be evicted; pods that are not ready may always go, as they serve nobody. */
export function modelDisruptionArgs(
  plan: ModelVersionPlan,
  namespace: Input<string>,
): PodDisruptionBudgetArgs {
  return {
    metadata: { name: plan.name, namespace, labels: { ...plan.labels } },
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: { matchLabels: { ...plan.selector } },
    },
  };
}
