// Plan of Postgres inside the cluster → arguments of its Kubernetes objects.
import type { StatefulSetArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { CronJobArgs } from "@pulumi/kubernetes/batch/v1/index.js";
import type { ConfigMapArgs, SecretArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { core } from "@pulumi/kubernetes/types/input.js";
import type { CustomTimeouts, Input } from "@pulumi/pulumi";
import { shortHash, toDnsLabel } from "../kit/names.ts";
import { ANNOTATION_CONFIG_CHECKSUM, lostNodeTolerations, scratchMount, scratchVolume } from "../kit/pod.ts";
import type { ClusterPostgresRefs } from "./cluster-postgres.args.ts";
import {
  BACKUP,
  type ClusterPostgresPlan,
  DATABASE,
  POSTGRES,
  POSTGRES_PORT,
  ROLE,
} from "./cluster-postgres.plan.ts";
import {
  BACKUPS_DIR,
  DATA_DIR,
  PASSWORD_DIR,
  PASSWORD_KEY,
  PGDATA,
  POSTGRES_FILES,
  SCRIPTS_DIR,
} from "./cluster-postgres.scripts.ts";
import { storeContainer, storePod } from "./cluster-store.manifests.ts";

export const PORT_NAME = "postgres";
/** Recovery after a crash replays what was written since the last checkpoint. */
const STARTUP_SECONDS = 300;
const STARTUP_PERIOD_SECONDS = 1;
/** A fast stop ends all connections and writes a checkpoint. */
const STOP_SECONDS = 60;
const BACKUP_DEADLINE_SECONDS = 3600;

/** Created, with an image to pull and a volume to bind, or replaced: old pod out, new pod in. */
export const SERVER_TIMEOUTS: CustomTimeouts = { create: "8m", update: "8m", delete: "3m" };

export function passwordSecretArgs(
  plan: ClusterPostgresPlan,
  refs: { readonly namespace: Input<string>; readonly password: Input<string> },
): SecretArgs {
  return {
    metadata: { name: "postgres-password", namespace: refs.namespace, labels: { ...plan.labels } },
    type: "Opaque",
    stringData: { [PASSWORD_KEY]: refs.password },
  };
}

/** Named after its content: running pods never see half of a change. */
export function postgresFilesArgs(plan: ClusterPostgresPlan, namespace: Input<string>): ConfigMapArgs {
  const name = toDnsLabel(POSTGRES, "files", shortHash(JSON.stringify(POSTGRES_FILES)));
  return {
    metadata: { name, namespace, labels: { ...plan.labels } },
    data: { ...POSTGRES_FILES },
    immutable: true,
  };
}

export type ServerRefs = ClusterPostgresRefs & {
  readonly account: Input<string>;
  readonly files: Input<string>;
  readonly password: Input<string>;
  /** Changes with the password, so that pods restart with the new one. */
  readonly passwordChecksum: Input<string>;
  readonly dataClaim: Input<string>;
};

/** One pod on one volume: its name is the lock that keeps two servers from writing the same files. */
export function serverArgs(plan: ClusterPostgresPlan, refs: ServerRefs): StatefulSetArgs {
  return {
    metadata: { name: POSTGRES, namespace: refs.namespace, labels: { ...plan.labels } },
    spec: {
      replicas: 1,
      serviceName: POSTGRES,
      revisionHistoryLimit: 3,
      selector: { matchLabels: { ...plan.selector } },
      template: {
        metadata: {
          labels: { ...plan.labels },
          annotations: { [ANNOTATION_CONFIG_CHECKSUM]: refs.passwordChecksum },
        },
        spec: {
          ...storePod(plan.user, refs.account),
          priorityClassName: refs.priorityClass,
          terminationGracePeriodSeconds: STOP_SECONDS,
          tolerations: [...lostNodeTolerations],
          initContainers: [prepareContainer(plan, refs.image)],
          containers: [serverContainer(plan, refs.image)],
          volumes: [
            { name: "data", persistentVolumeClaim: { claimName: refs.dataClaim } },
            { name: "files", configMap: { name: refs.files } },
            { name: "password", secret: { secretName: refs.password } },
            { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
            scratchVolume,
          ],
        },
      },
    },
  };
}

const dataMount = { name: "data", mountPath: DATA_DIR } satisfies core.v1.VolumeMount;
const filesMount = { name: "files", mountPath: SCRIPTS_DIR, readOnly: true } satisfies core.v1.VolumeMount;
const passwordMount = {
  name: "password",
  mountPath: PASSWORD_DIR,
  readOnly: true,
} satisfies core.v1.VolumeMount;
const sharedMemoryMount = { name: "shared-memory", mountPath: "/dev/shm" } satisfies core.v1.VolumeMount;

function prepareContainer(plan: ClusterPostgresPlan, image: Input<string>): core.v1.Container {
  return {
    ...storeContainer(image, plan.resources),
    name: "prepare",
    command: ["/bin/sh", "-eu", `${SCRIPTS_DIR}/prepare.sh`],
    env: [{ name: "PGDATA", value: PGDATA }],
    volumeMounts: [dataMount, filesMount, passwordMount, sharedMemoryMount, scratchMount],
  };
}

function serverContainer(plan: ClusterPostgresPlan, image: Input<string>): core.v1.Container {
  const parameters = { ...plan.parameters, hba_file: `${SCRIPTS_DIR}/pg_hba.conf` };
  const isReady = { exec: { command: ["pg_isready", "--quiet"] } };
  return {
    ...storeContainer(image, plan.resources),
    name: POSTGRES,
    command: [
      "postgres",
      ...Object.entries(parameters).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    env: Object.entries({ PGDATA, PGHOST: "/tmp", PGUSER: ROLE, PGDATABASE: DATABASE }).map(
      ([name, value]) => ({ name, value }),
    ),
    ports: [{ name: PORT_NAME, containerPort: POSTGRES_PORT, protocol: "TCP" }],
    startupProbe: {
      ...isReady,
      periodSeconds: STARTUP_PERIOD_SECONDS,
      timeoutSeconds: 5,
      failureThreshold: STARTUP_SECONDS / STARTUP_PERIOD_SECONDS,
    },
    readinessProbe: { ...isReady, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
    // Asks less than the others: a server that replays its log after a crash refuses clients, and is not to be killed.
    livenessProbe: {
      tcpSocket: { port: PORT_NAME },
      periodSeconds: 20,
      timeoutSeconds: 10,
      failureThreshold: 3,
    },
    volumeMounts: [dataMount, filesMount, sharedMemoryMount, scratchMount],
  };
}

export type BackupRefs = {
  readonly namespace: Input<string>;
  readonly image: Input<string>;
  readonly account: Input<string>;
  readonly files: Input<string>;
  readonly password: Input<string>;
  readonly copiesClaim: Input<string>;
};

/** Makes copies by the clock; `rampa data` starts jobs from the same template with other arguments. */
export function backupArgs(plan: ClusterPostgresPlan, refs: BackupRefs): CronJobArgs {
  const labels = { ...plan.backupLabels };
  return {
    metadata: { name: BACKUP, namespace: refs.namespace, labels },
    spec: {
      schedule: plan.schedule,
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: BACKUP_DEADLINE_SECONDS,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels },
        spec: {
          backoffLimit: 2,
          activeDeadlineSeconds: BACKUP_DEADLINE_SECONDS,
          ttlSecondsAfterFinished: 86_400,
          template: { metadata: { labels }, spec: backupPod(plan, refs) },
        },
      },
    },
  };
}

function backupPod(plan: ClusterPostgresPlan, refs: BackupRefs): core.v1.PodSpec {
  const plain = {
    PGHOST: POSTGRES,
    PGUSER: ROLE,
    PGDATABASE: DATABASE,
    PGCONNECT_TIMEOUT: "10",
    KEEP: String(plan.keep),
  };
  return {
    restartPolicy: "Never",
    ...storePod(plan.user, refs.account),
    containers: [
      {
        ...storeContainer(refs.image, plan.resources),
        name: BACKUP,
        command: ["/bin/sh", "-eu", `${SCRIPTS_DIR}/backup.sh`],
        args: ["backup"],
        env: Object.entries(plain).map(([name, value]) => ({ name, value })),
        volumeMounts: [filesMount, passwordMount, { name: "copies", mountPath: BACKUPS_DIR }, scratchMount],
      },
    ],
    volumes: [
      { name: "copies", persistentVolumeClaim: { claimName: refs.copiesClaim } },
      { name: "files", configMap: { name: refs.files } },
      { name: "password", secret: { secretName: refs.password } },
      scratchVolume,
    ],
  };
}
