// Plan of a version on our own runtime → its configuration file and pod, with the fetch of weights before it.
import type { ConfigMapArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { core } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { MODEL_ENVIRONMENT } from "../../serving/contract/runtime-config.ts";
import { PORTS } from "../contract/labels.ts";
import { withGpus } from "../kit/gpu.ts";
import { InvariantError } from "../kit/invariant-error.ts";
import * as pod from "../kit/pod.ts";
import { toResourceRequirements } from "../kit/quantities.ts";
import { type FetchPlan, MODELS_DIR, type RuntimePlan } from "./runtime.plan.ts";
import type { ModelVersionRefs } from "./serving.args.ts";
import type { ModelVersionPlan } from "./serving.plan.ts";

type Plan = ModelVersionPlan<RuntimePlan>;

/** Configuration files of the version's containers. */
export function modelConfigArgs(plan: Plan, namespace: Input<string>): ConfigMapArgs {
  return pod.configMapArgs(plan.pods.config, { namespace, labels: { ...plan.labels } });
}

/** Everything of the pod but where it is placed and by whom it is run. */
export function runtimePodSpec(
  plan: Plan,
  refs: ModelVersionRefs & { readonly config: Input<string> },
): core.v1.PodSpec {
  const image = plan.pods.image ?? refs.image;
  return {
    securityContext: pod.restrictedPod,
    ...(plan.pods.fetches.length > 0 && {
      initContainers: plan.pods.fetches.map((fetch) => toFetchContainer(plan, fetch, image)),
    }),
    containers: [toModelContainer(plan, image)],
    volumes: [
      { name: "config", configMap: { name: refs.config } },
      toWeightsVolume(plan, refs.cacheClaim),
      pod.scratchVolume,
    ],
  };
}

function toModelContainer(plan: Plan, image: Input<string>): core.v1.Container {
  const container = toContainer("model", "config.json", image);
  const environment = Object.entries(MODEL_ENVIRONMENT).map(([name, value]) => ({ name, value }));
  return {
    ...container,
    env: [...container.env, ...environment],
    ports: [{ name: PORTS.http.name, containerPort: PORTS.http.number, protocol: "TCP" }],
    resources: withGpus(toResourceRequirements(plan.resources), plan.gpu),
    ...pod.toProbes(plan.startupSeconds),
    volumeMounts: [CONFIG_MOUNT, { name: "models", mountPath: MODELS_DIR, readOnly: true }, pod.scratchMount],
  };
}

/** Runs before the model: fetches the weights into the volume unless they lie there, and verifies their checksum. */
function toFetchContainer(plan: Plan, { name, file }: FetchPlan, image: Input<string>): core.v1.Container {
  return {
    ...toContainer(name, file, image),
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

function toWeightsVolume({ name, pods }: Plan, claim: Input<string> | undefined): core.v1.Volume {
  if (pods.weights.kind === "pod") return { name: "models", emptyDir: { sizeLimit: pods.weights.size } };
  if (claim === undefined) throw new InvariantError(`${name}: a node's cache without refs.cacheClaim`);
  return {
    name: "models",
    persistentVolumeClaim: { claimName: claim, readOnly: pods.weights.kind === "node" },
  };
}
