// Plan of the cache inside the cluster → arguments of its Kubernetes objects.
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { SecretArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { core } from "@pulumi/kubernetes/types/input.js";
import type { CustomTimeouts, Input } from "@pulumi/pulumi";
import { ANNOTATION_CONFIG_CHECKSUM, lostNodeTolerations, scratchMount, scratchVolume } from "../kit/pod.ts";
import type { ClusterCacheRefs } from "./cluster-cache.args.ts";
import { CACHE, type ClusterCachePlan, userLine } from "./cluster-cache.plan.ts";
import { storeContainer, storePod } from "./cluster-store.manifests.ts";
import { VALKEY_PORT } from "./shared-cache.plan.ts";

export const PORT_NAME = "valkey";
export const CACHE_PASSWORD_KEY = "password";
const CONFIG_FILE = "valkey.conf";
const CONFIG_DIR = "/etc/rampa/cache";
const STARTUP_SECONDS = 30;
const STOP_SECONDS = 30;

export const CACHE_TIMEOUTS: CustomTimeouts = { create: "5m", update: "5m", delete: "2m" };

type SecretRefs = {
  readonly namespace: Input<string>;
  readonly password: Input<string>;
  readonly configuration: Input<string>;
};

/** The password for clients, and for the server its configuration, which has the hash only. */
export function cacheSecretArgs(plan: ClusterCachePlan, refs: SecretRefs): SecretArgs {
  return {
    metadata: { name: "cache-password", namespace: refs.namespace, labels: { ...plan.labels } },
    type: "Opaque",
    stringData: { [CACHE_PASSWORD_KEY]: refs.password, [CONFIG_FILE]: refs.configuration },
  };
}

export function cacheConfiguration(plan: ClusterCachePlan, passwordHash: string): string {
  return `${[...plan.configuration, userLine(plan, passwordHash)].join("\n")}\n`;
}

export type CacheServerRefs = ClusterCacheRefs & {
  readonly account: Input<string>;
  readonly secret: Input<string>;
  readonly configurationChecksum: Input<string>;
};

/** One pod, also in an update: with two, half of the clients would count what the others do not see. */
export function cacheServerArgs(plan: ClusterCachePlan, refs: CacheServerRefs): DeploymentArgs {
  return {
    metadata: { name: CACHE, namespace: refs.namespace, labels: { ...plan.labels } },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 3,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      selector: { matchLabels: { ...plan.selector } },
      template: {
        metadata: {
          labels: { ...plan.labels },
          annotations: { [ANNOTATION_CONFIG_CHECKSUM]: refs.configurationChecksum },
        },
        spec: {
          ...storePod(plan.user, refs.account),
          priorityClassName: refs.priorityClass,
          terminationGracePeriodSeconds: STOP_SECONDS,
          tolerations: [...lostNodeTolerations],
          containers: [serverContainer(plan, refs.image)],
          volumes: [
            {
              name: "config",
              secret: { secretName: refs.secret, items: [{ key: CONFIG_FILE, path: CONFIG_FILE }] },
            },
            scratchVolume,
          ],
        },
      },
    },
  };
}

function serverContainer(plan: ClusterCachePlan, image: Input<string>): core.v1.Container {
  const listens = { tcpSocket: { port: PORT_NAME } };
  return {
    ...storeContainer(image, plan.resources),
    name: CACHE,
    command: ["valkey-server", `${CONFIG_DIR}/${CONFIG_FILE}`],
    ports: [{ name: PORT_NAME, containerPort: VALKEY_PORT, protocol: "TCP" }],
    startupProbe: { ...listens, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: STARTUP_SECONDS },
    readinessProbe: { ...listens, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
    livenessProbe: { ...listens, periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 3 },
    volumeMounts: [{ name: "config", mountPath: CONFIG_DIR, readOnly: true }, scratchMount],
  };
}
