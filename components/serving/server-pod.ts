// Plan of a version on vLLM or TGI → the pod of its engine: GPUs, probes, drain and writable places.
import type { core } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { PORTS } from "../contract/labels.ts";
import { withGpus } from "../kit/gpu.ts";
import { InvariantError } from "../kit/invariant-error.ts";
import * as pod from "../kit/pod.ts";
import { toResourceRequirements } from "../kit/quantities.ts";
import type { ServerPlan } from "./server.plan.ts";
import { CACHE_DIR, DOWNLOAD_DIR, SCRATCH_DIR } from "./server-paths.ts";
import type { ModelVersionRefs } from "./serving.args.ts";
import type { ModelVersionPlan } from "./serving.plan.ts";

type Plan = ModelVersionPlan<ServerPlan>;
type Place = { readonly volume: core.v1.Volume; readonly mount: core.v1.VolumeMount };

/** What compilers write for a large model. */
const SCRATCH_SIZE = "8Gi";

/** Everything of the pod but where it is placed and by whom it is run. */
export function serverPodSpec(plan: Plan, refs: ModelVersionRefs): core.v1.PodSpec {
  const { pods: server } = plan;
  const places = toPlaces(plan, refs.cacheClaim);
  return {
    securityContext: { ...pod.restrictedPod, ...server.user },
    containers: [{ ...toContainer(plan), volumeMounts: places.map(({ mount }) => mount) }],
    volumes: places.map(({ volume }) => volume),
  };
}

function toContainer({ pods: server, resources, gpu, startupSeconds }: Plan): core.v1.Container {
  return {
    name: "model",
    image: server.image,
    imagePullPolicy: "IfNotPresent",
    terminationMessagePolicy: pod.TERMINATION_MESSAGE,
    ...(server.command && { command: [...server.command] }),
    args: [...server.args],
    env: [
      ...Object.entries(server.environment).map(([name, value]) => ({ name, value })),
      ...toToken(server),
    ],
    ports: [{ name: PORTS.http.name, containerPort: PORTS.http.number, protocol: "TCP" }],
    resources: withGpus(toResourceRequirements(resources), gpu),
    securityContext: pod.restrictedContainer,
    ...toHealthProbes(startupSeconds),
    ...(server.settleSeconds > 0 && { lifecycle: { preStop: { sleep: { seconds: server.settleSeconds } } } }),
  };
}

function toToken({ tokenSecret }: ServerPlan): core.v1.EnvVar[] {
  return tokenSecret === undefined
    ? []
    : [{ name: "HF_TOKEN", valueFrom: { secretKeyRef: { ...tokenSecret } } }];
}

const STARTUP_PERIOD_SECONDS = 5;

/** The engines answer `/health` once the model is loaded, and go on to while they drain. */
function toHealthProbes(
  startupSeconds: number,
): Pick<core.v1.Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  const health = { httpGet: { path: "/health", port: PORTS.http.name, scheme: "HTTP" } };
  return {
    startupProbe: {
      ...health,
      periodSeconds: STARTUP_PERIOD_SECONDS,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(startupSeconds / STARTUP_PERIOD_SECONDS),
    },
    readinessProbe: { ...health, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
    // A long prompt may keep the engine from answering for a while; a restart costs minutes.
    livenessProbe: {
      ...health,
      periodSeconds: 10,
      timeoutSeconds: 10,
      failureThreshold: 6,
      terminationGracePeriodSeconds: 10,
    },
  };
}

function toPlaces({ name, pods: server }: Plan, claim: Input<string> | undefined): Place[] {
  if (server.readsCache && claim === undefined) {
    throw new InvariantError(`${name}: weights in the nodes' cache without refs.cacheClaim`);
  }
  const cache = server.readsCache && claim !== undefined;
  return [
    toPlace("tmp", SCRATCH_DIR, { sizeLimit: SCRATCH_SIZE }),
    toPlace("shared-memory", "/dev/shm", { medium: "Memory", sizeLimit: server.sharedMemory }),
    ...(server.downloadSize === undefined
      ? []
      : [toPlace("models", DOWNLOAD_DIR, { sizeLimit: server.downloadSize })]),
    ...(cache ? [toCache(claim)] : []),
  ];
}

function toPlace(name: string, mountPath: string, emptyDir: core.v1.EmptyDirVolumeSource): Place {
  return { volume: { name, emptyDir }, mount: { name, mountPath } };
}

function toCache(claimName: Input<string>): Place {
  return {
    volume: { name: "cache", persistentVolumeClaim: { claimName, readOnly: true } },
    mount: { name: "cache", mountPath: CACHE_DIR, readOnly: true },
  };
}
