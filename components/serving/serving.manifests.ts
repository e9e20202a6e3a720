// Plan of a model version → arguments of its ConfigMap, Deployment, Service and disruption budget.
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { ConfigMapArgs, ServiceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { PodDisruptionBudgetArgs } from "@pulumi/kubernetes/policy/v1/index.js";
import type { core } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { MODEL_ENVIRONMENT } from "../../serving/contract/runtime-config.ts";
import { PORTS } from "../contract/labels.ts";
import { InvariantError } from "../kit/invariant-error.ts";
import * as pod from "../kit/pod.ts";
import { toResourceRequirements } from "../kit/quantities.ts";
import { deploymentArgs } from "../kit/rollout.ts";
import type { ModelVersionRefs } from "./serving.args.ts";
import { MODELS_DIR, type ModelVersionPlan } from "./serving.plan.ts";

/** Configuration files of the version's containers. */
export function modelConfigArgs(plan: ModelVersionPlan, namespace: Input<string>): ConfigMapArgs {
  return pod.configMapArgs(plan.config, { namespace, labels: { ...plan.labels } });
}

/** The version's pods. */
export function modelDeploymentArgs(
  plan: ModelVersionPlan,
  refs: ModelVersionRefs & { readonly config: Input<string> },
): DeploymentArgs {
  return deploymentArgs(plan, {
    name: plan.name,
    namespace: refs.namespace,
    annotations: { [pod.ANNOTATION_CONFIG_CHECKSUM]: plan.config.checksum },
    spec: toPodSpec(plan, refs),
  });
}

function toPodSpec(
  plan: ModelVersionPlan,
  refs: ModelVersionRefs & { readonly config: Input<string> },
): core.v1.PodSpec {
  return {
    serviceAccountName: refs.serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: refs.priorityClass,
    terminationGracePeriodSeconds: plan.terminationSeconds,
    topologySpreadConstraints: pod.toSpread(plan.spread, plan.selector),
    securityContext: pod.restrictedPod,
    ...(plan.weights.fetches && { initContainers: [toFetchContainer(plan, refs.image)] }),
    containers: [toModelContainer(plan, refs.image)],
    volumes: [
      { name: "config", configMap: { name: refs.config } },
      toWeightsVolume(plan, refs.cacheClaim),
      pod.scratchVolume,
    ],
  };
}

function toModelContainer(plan: ModelVersionPlan, image: Input<string>): core.v1.Container {
  const container = toContainer("model", "config.json", image);
  const environment = Object.entries(MODEL_ENVIRONMENT).map(([name, value]) => ({ name, value }));
  return {
    ...container,
    env: [...container.env, ...environment],
    ports: [{ name: PORTS.http.name, containerPort: PORTS.http.number, protocol: "TCP" }],
    resources: toResourceRequirements(plan.resources),
    ...pod.toProbes(plan.startupSeconds),
    volumeMounts: [CONFIG_MOUNT, { name: "models", mountPath: MODELS_DIR, readOnly: true }, pod.scratchMount],
  };
}

/** Runs before the model: fetches the weights into the volume unless they lie there, and verifies their checksum. */
function toFetchContainer(plan: ModelVersionPlan, image: Input<string>): core.v1.Container {
  return {
    ...toContainer("fetch", "fetch.json", image),
    resources: toResourceRequirements(plan.resources),
    volumeMounts: [CONFIG_MOUNT, { name: "models", mountPath: MODELS_DIR }, pod.scratchMount],
  };
}

function toContainer(name: string, file: string, image: Input<string>) {
  return {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    terminationMessagePolicy: pod.TERMINATION_MESSAGE,
    env: [{ name: "RAMPA_CONFIG", value: `${pod.CONFIG_DIR}/${file}` }],
    securityContext: pod.restrictedContainer,
  };
}

const CONFIG_MOUNT = { name: "config", mountPath: pod.CONFIG_DIR, readOnly: true };

function toWeightsVolume(plan: ModelVersionPlan, claim: Input<string> | undefined): core.v1.Volume {
  if (plan.weights.kind === "pod") return { name: "models", emptyDir: { sizeLimit: plan.weights.size } };
  if (claim === undefined) throw new InvariantError(`${plan.name}: a node's cache without refs.cacheClaim`);
  return { name: "models", persistentVolumeClaim: { claimName: claim, readOnly: !plan.weights.fetches } };
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
