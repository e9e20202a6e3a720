// Plan of monitoring without an operator → arguments of its servers' objects and of the Services of its targets.
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { ConfigMapArgs, ServiceAccountArgs, ServiceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { core } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { PORTS } from "../contract/labels.ts";
import { toDnsLabel } from "../kit/names.ts";
import * as pod from "../kit/pod.ts";
import { toResourceRequirements } from "../kit/quantities.ts";
import { deploymentArgs } from "../kit/rollout.ts";
import {
  CREDENTIALS_DIR,
  DATA_DIR,
  type ServerPlan,
  type StandalonePlan,
  type TargetPlan,
} from "./standalone.plan.ts";

const PORT = PORTS.http.name;

/** A server's configuration; immutable and named after its content, so that a change replaces the pod. */
export function serverConfigArgs(server: ServerPlan, namespace: Input<string>): ConfigMapArgs {
  return pod.configMapArgs(server.config, { namespace, labels: { ...server.labels } });
}

/** An identity of its own, without a token: neither server asks the API server. */
export function serverAccountArgs(server: ServerPlan, namespace: Input<string>): ServiceAccountArgs {
  return {
    metadata: { name: server.name, namespace, labels: { ...server.labels } },
    automountServiceAccountToken: false,
  };
}

export function serverServiceArgs(server: ServerPlan, namespace: Input<string>): ServiceArgs {
  return {
    metadata: { name: server.name, namespace, labels: { ...server.labels } },
    spec: {
      type: "ClusterIP",
      selector: { ...server.selector },
      ports: [{ name: PORT, port: server.port, targetPort: PORT, protocol: "TCP", appProtocol: "http" }],
    },
  };
}

type ServerRefs = {
  readonly namespace: Input<string>;
  readonly image: Input<string>;
  readonly account: Input<string>;
  readonly config: Input<string>;
};

/** A server's one pod. */
export function serverDeploymentArgs(server: ServerPlan, refs: ServerRefs): DeploymentArgs {
  return deploymentArgs(server, {
    name: server.name,
    namespace: refs.namespace,
    annotations: { [pod.ANNOTATION_CONFIG_CHECKSUM]: server.config.checksum },
    spec: {
      serviceAccountName: refs.account,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: server.terminationSeconds,
      tolerations: [...pod.lostNodeTolerations],
      securityContext: pod.restrictedPod,
      containers: [toContainer(server, refs.image)],
      volumes: [
        { name: "config", configMap: { name: refs.config } },
        { name: "data", emptyDir: { sizeLimit: `${server.storageMib}Mi` } },
        ...server.credentials.map(({ secret, keys }) => ({
          name: volumeOf(secret),
          secret: { secretName: secret, items: keys.map((key) => ({ key, path: key })), defaultMode: 0o440 },
        })),
      ],
    },
  });
}

function volumeOf(secret: string): string {
  return toDnsLabel("credentials", secret);
}

function toContainer(server: ServerPlan, image: Input<string>): core.v1.Container {
  return {
    name: server.name,
    image,
    imagePullPolicy: "IfNotPresent",
    terminationMessagePolicy: pod.TERMINATION_MESSAGE,
    args: [...server.args],
    env: [{ name: "GOMEMLIMIT", value: `${server.softMemoryMib}MiB` }],
    ports: [{ name: PORT, containerPort: server.port, protocol: "TCP" }],
    resources: toResourceRequirements(server.resources),
    securityContext: pod.restrictedContainer,
    ...toProbes(server),
    volumeMounts: [
      { name: "config", mountPath: pod.CONFIG_DIR, readOnly: true },
      { name: "data", mountPath: DATA_DIR },
      ...server.credentials.map(({ secret }) => ({
        name: volumeOf(secret),
        mountPath: `${CREDENTIALS_DIR}/${secret}`,
        readOnly: true,
      })),
    ],
  };
}

const STARTUP_PERIOD_SECONDS = 1;

/** Both servers answer at the same paths. */
function toProbes({
  startupSeconds,
}: ServerPlan): Pick<core.v1.Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  const at = (path: string) => ({ httpGet: { path, port: PORT, scheme: "HTTP" }, timeoutSeconds: 5 });
  return {
    startupProbe: {
      ...at("/-/ready"),
      periodSeconds: STARTUP_PERIOD_SECONDS,
      failureThreshold: startupSeconds / STARTUP_PERIOD_SECONDS,
    },
    readinessProbe: { ...at("/-/ready"), periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...at("/-/healthy"), periodSeconds: 10, failureThreshold: 3 },
  };
}

/** Not waited for, as a version may sleep; pods that are not ready count too, or nobody would see them load. */
export function targetServiceArgs(
  plan: StandalonePlan,
  target: TargetPlan,
  watched: Input<string>,
): ServiceArgs {
  const { name, number } = PORTS.http;
  return {
    metadata: {
      name: target.service,
      namespace: watched,
      labels: { ...plan.labels },
      annotations: { "pulumi.com/skipAwait": "true" },
    },
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: { ...target.selector },
      ports: [{ name, port: number, targetPort: name, protocol: "TCP", appProtocol: "http" }],
    },
  };
}
