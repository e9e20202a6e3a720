// Plan of the gateway → arguments of its Kubernetes and Gateway API objects.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { ConfigMapArgs, SecretArgs, ServiceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { PodDisruptionBudgetArgs } from "@pulumi/kubernetes/policy/v1/index.js";
import type { core } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { PORTS } from "../contract/labels.ts";
import * as pod from "../kit/pod.ts";
import { toResourceRequirements } from "../kit/quantities.ts";
import { deploymentArgs } from "../kit/rollout.ts";
import type { GatewayRefs } from "./gateway.args.ts";
import { type GatewayPlan, KEYS_DIR } from "./gateway.plan.ts";
import { PROVIDERS_DIR, type ProviderKeyPlan } from "./provider.plan.ts";

const NAME = "gateway";
const PROVIDERS = "providers";
const GATEWAY_API = "gateway.networking.k8s.io/v1";

/** Name of the Gateway and of its class, under which routes find this gateway. */
export const GATEWAY_CLASS = "rampa";

/** The gateway's configuration file. */
export function gatewayConfigArgs(plan: GatewayPlan, namespace: Input<string>): ConfigMapArgs {
  return pod.configMapArgs(plan.config, { namespace, labels: { ...plan.labels } });
}

type DeploymentRefs = GatewayRefs & {
  readonly config: Input<string>;
  /** Names of the Secrets that are ours, known once they exist. */
  readonly providerSecrets?: Readonly<Record<string, Input<string>>>;
};

/** A provider's key. */
export function providerSecretArgs(
  { secretName, field, made }: ProviderKeyPlan,
  refs: { readonly namespace: Input<string>; readonly value: Input<string> },
): SecretArgs {
  return {
    metadata: { name: secretName, namespace: refs.namespace, labels: { ...made } },
    type: "Opaque",
    stringData: { [field]: refs.value },
  };
}

/** The gateway's pods. */
export function gatewayDeploymentArgs(plan: GatewayPlan, refs: DeploymentRefs): DeploymentArgs {
  return deploymentArgs(plan, {
    name: NAME,
    namespace: refs.namespace,
    annotations: {
      [pod.ANNOTATION_CONFIG_CHECKSUM]: plan.config.checksum,
      [pod.ANNOTATION_KEYS_CHECKSUM]: refs.keysChecksum,
    },
    spec: toPodSpec(plan, refs),
  });
}

function toPodSpec(plan: GatewayPlan, refs: DeploymentRefs): core.v1.PodSpec {
  return {
    serviceAccountName: refs.serviceAccount,
    // The one role that talks to the API server: it watches the routes.
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    priorityClassName: refs.priorityClass,
    terminationGracePeriodSeconds: plan.terminationSeconds,
    topologySpreadConstraints: pod.toSpread(plan.spread, plan.selector),
    tolerations: [...pod.lostNodeTolerations],
    securityContext: pod.restrictedPod,
    containers: [toContainer(plan, refs.image)],
    volumes: [
      { name: "config", configMap: { name: refs.config } },
      { name: "keys", secret: { secretName: refs.keysSecret } },
      ...toProviderVolumes(plan.providerKeys, refs),
      pod.scratchVolume,
    ],
  };
}

/**
 * Each key as a file named after its provider, which the kubelet renews in place. A Secret that is not there keeps no
 * pod from starting: the gateway serves everything else, and takes the key once it comes.
 */
function toProviderVolumes(
  keys: readonly ProviderKeyPlan[],
  { providerSecrets = {} }: DeploymentRefs,
): core.v1.Volume[] {
  if (keys.length === 0) return [];
  const sources = keys.map(({ provider, secretName, field }) => ({
    secret: {
      name: providerSecrets[provider] ?? secretName,
      items: [{ key: field, path: provider }],
      optional: true,
    },
  }));
  return [{ name: PROVIDERS, projected: { sources } }];
}

function toContainer(plan: GatewayPlan, image: Input<string>): core.v1.Container {
  return {
    name: NAME,
    image,
    imagePullPolicy: "IfNotPresent",
    terminationMessagePolicy: pod.TERMINATION_MESSAGE,
    env: [{ name: "RAMPA_CONFIG", value: `${pod.CONFIG_DIR}/config.json` }],
    ports: [{ name: PORTS.http.name, containerPort: PORTS.http.number, protocol: "TCP" }],
    resources: toResourceRequirements(plan.resources),
    securityContext: pod.restrictedContainer,
    ...pod.toProbes(plan.startupSeconds),
    volumeMounts: [
      { name: "config", mountPath: pod.CONFIG_DIR, readOnly: true },
      { name: "keys", mountPath: KEYS_DIR, readOnly: true },
      ...(plan.providerKeys.length > 0
        ? [{ name: PROVIDERS, mountPath: PROVIDERS_DIR, readOnly: true }]
        : []),
      pod.scratchMount,
    ],
  };
}

/** The way in. */
export function gatewayServiceArgs(plan: GatewayPlan, namespace: Input<string>): ServiceArgs {
  const { name, number } = PORTS.http;
  const port = { name, port: number, targetPort: name, protocol: "TCP", appProtocol: "http" };
  const { service } = plan;
  return {
    metadata: { name: NAME, namespace, labels: { ...plan.labels } },
    spec: {
      type: service.kind === "nodePort" ? "NodePort" : "ClusterIP",
      selector: { ...plan.selector },
      ports: [service.kind === "nodePort" ? { ...port, nodePort: service.port } : port],
    },
  };
}

/** One pod at a time may be evicted; pods that are not ready may always go, as they serve nobody. */
export function gatewayDisruptionArgs(plan: GatewayPlan, namespace: Input<string>): PodDisruptionBudgetArgs {
  return {
    metadata: { name: NAME, namespace, labels: { ...plan.labels } },
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: { matchLabels: { ...plan.selector } },
    },
  };
}

/** Tells the cluster which program stands behind Gateways of class `rampa`. */
export function gatewayClassArgs(plan: GatewayPlan): CustomResourceArgs {
  return {
    apiVersion: GATEWAY_API,
    kind: "GatewayClass",
    metadata: { name: GATEWAY_CLASS, labels: { ...plan.labels } },
    spec: { controllerName: "rampa.dev/gateway" },
  };
}

/** The Gateway that the environment's routes belong to; routes of other namespaces are not let in. */
export function gatewayArgs(
  plan: GatewayPlan,
  refs: { readonly namespace: Input<string>; readonly className: Input<string> },
): CustomResourceArgs {
  return {
    apiVersion: GATEWAY_API,
    kind: "Gateway",
    metadata: { name: GATEWAY_CLASS, namespace: refs.namespace, labels: { ...plan.labels } },
    spec: {
      gatewayClassName: refs.className,
      listeners: [
        {
          name: PORTS.http.name,
          protocol: "HTTP",
          port: PORTS.http.number,
          allowedRoutes: { namespaces: { from: "Same" } },
        },
      ],
    },
  };
}
