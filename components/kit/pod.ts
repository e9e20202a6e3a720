// What every pod of the platform has: restricted security, probes, drain, spread and its configuration file.
import type { core, meta } from "@pulumi/kubernetes/types/input.js";
import { PORTS } from "../contract/labels.ts";
import { shortHash, toDnsLabel } from "./names.ts";

/** The runtime image's user; it owns nothing in the image, so a container cannot change its own program. */
const RUNTIME_USER = 65_532;

export const CONFIG_DIR = "/etc/rampa/config";
export const ANNOTATION_CONFIG_CHECKSUM = "rampa.dev/config-checksum";
export const ANNOTATION_KEYS_CHECKSUM = "rampa.dev/keys-checksum";

/** Pod security context of the `restricted` Pod Security Standard. */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: RUNTIME_USER,
  runAsGroup: RUNTIME_USER,
  fsGroup: RUNTIME_USER,
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
} satisfies core.v1.PodSecurityContext;

/** Container security context of the `restricted` standard, with a read-only root besides. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
} satisfies core.v1.SecurityContext;

/** A container that fails leaves its last log lines in the pod's status, where `rampa status` and `kubectl` show them. */
export const TERMINATION_MESSAGE = "FallbackToLogsOnError";

/** Writable scratch space: the root file system is read-only. */
export const scratchVolume = { name: "tmp", emptyDir: { sizeLimit: "64Mi" } } satisfies core.v1.Volume;
export const scratchMount = { name: "tmp", mountPath: "/tmp" } satisfies core.v1.VolumeMount;

/** Probes of a role's `/startupz`, `/readyz` and `/livez`; start-up may take `startupSeconds` in all. */
export function toProbes(
  startupSeconds: number,
): Required<Pick<core.v1.Container, "startupProbe" | "readinessProbe" | "livenessProbe">> {
  const at = (path: string): Pick<core.v1.Probe, "httpGet"> => ({
    httpGet: { path, port: PORTS.http.name, scheme: "HTTP" },
  });
  return {
    startupProbe: {
      ...at("/startupz"),
      periodSeconds: STARTUP_PERIOD_SECONDS,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(startupSeconds / STARTUP_PERIOD_SECONDS),
    },
    readinessProbe: { ...at("/readyz"), periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 2 },
    livenessProbe: {
      ...at("/livez"),
      periodSeconds: 10,
      timeoutSeconds: 10,
      failureThreshold: 3,
      // What does not answer does not drain either.
      terminationGracePeriodSeconds: 10,
    },
  };
}

const STARTUP_PERIOD_SECONDS = 1;

/** How long a role takes to stop by itself, and a margin after which the kubelet may kill it. */
export function terminationSeconds(drain: { readonly settleMs: number; readonly graceMs: number }): number {
  return Math.ceil((drain.settleMs + drain.graceMs) / 1000) + TERMINATION_MARGIN_SECONDS;
}

const TERMINATION_MARGIN_SECONDS = 10;

/** Spread over nodes and zones. `prefer` still schedules on a single node; `require` leaves pods pending instead. */
export function toSpread(
  mode: "prefer" | "require",
  matchLabels: Readonly<Record<string, string>>,
): core.v1.TopologySpreadConstraint[] {
  return ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: mode === "require" ? "DoNotSchedule" : "ScheduleAnyway",
    labelSelector: { matchLabels },
    // Old and new pods of a rolling update are spread apart from each other, each evenly.
    matchLabelKeys: ["pod-template-hash"],
  }));
}

/** Pods of a node that is lost go elsewhere after 30 s; without these Kubernetes waits for 300. */
export const lostNodeTolerations: readonly core.v1.Toleration[] = ["not-ready", "unreachable"].map(
  (condition) => ({
    key: `node.kubernetes.io/${condition}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: 30,
  }),
);

export type ConfigFiles = {
  /** Ends in a hash of the content: a change makes a new object, so running pods never see half of it. */
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  readonly checksum: string;
};

/** Files of a ConfigMap, as JSON, named after their content. */
export function planConfigFiles(base: string, files: Readonly<Record<string, unknown>>): ConfigFiles {
  const data = Object.fromEntries(
    Object.entries(files).map(([file, content]) => [file, `${JSON.stringify(content, null, 2)}\n`]),
  );
  const checksum = shortHash(JSON.stringify(data));
  return { name: toDnsLabel(base, "config", checksum), data, checksum };
}

/** The immutable ConfigMap of a role's configuration files. */
export function configMapArgs(
  files: ConfigFiles,
  metadata: meta.v1.ObjectMeta,
): { metadata: meta.v1.ObjectMeta; data: Record<string, string>; immutable: boolean } {
  return { metadata: { ...metadata, name: files.name }, data: { ...files.data }, immutable: true };
}
