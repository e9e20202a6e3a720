// Settings of Postgres inside the cluster → server parameters, volumes, copies and who may connect. Pure.
import { selectorLabels, standardLabels } from "../kit/ownership.ts";
import type { ContainerResources } from "../kit/quantities.ts";
import type { ClusterPostgresSettings } from "./cluster-postgres.args.ts";
import { type StoreVolume, toMebibytes } from "./store-fields.ts";

export const POSTGRES = "postgres";
export const POSTGRES_PORT = 5432;
/** The database and the role that owns it; no other role can log in over the network. */
export const DATABASE = "rampa";
export const ROLE = "rampa";
/** The role of pods that make copies and take them back. */
export const BACKUP = "postgres-backup";

/** Share of the memory for pages that all connections share, as Postgres' own manual begins with. */
const SHARED_BUFFERS = 4;

export type VolumePlan = StoreVolume & { readonly name: string };

export type ClusterPostgresPlan = {
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly backupLabels: Readonly<Record<string, string>>;
  readonly user: number;
  readonly resources: ContainerResources;
  /** `postgresql.conf`, as command-line settings. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly data: VolumePlan;
  readonly copies: VolumePlan;
  readonly schedule: string;
  readonly keep: number;
  /** Label `app.kubernetes.io/component` of the pods that may connect. */
  readonly clients: readonly string[];
  readonly protect: boolean;
};

/** Decides what Postgres inside the cluster consists of. */
export function planClusterPostgres(settings: ClusterPostgresSettings): ClusterPostgresPlan {
  const { ownership, backups, user, resources, maxConnections } = settings;
  const subject = { name: POSTGRES, instance: POSTGRES };
  const selector = selectorLabels(subject);
  return {
    labels: standardLabels(ownership, subject),
    selector,
    backupLabels: standardLabels(ownership, { name: BACKUP, instance: BACKUP }),
    user,
    resources,
    parameters: {
      listen_addresses: "*",
      unix_socket_directories: "/tmp",
      max_connections: String(maxConnections),
      shared_buffers: `${Math.floor(toMebibytes(resources.memory) / SHARED_BUFFERS)}MB`,
      password_encryption: "scram-sha-256",
      log_connections: "off",
      log_timezone: "UTC",
      timezone: "UTC",
    },
    data: { ...settings.volume, name: "postgres-data" },
    copies: { ...backups.volume, name: "postgres-backups" },
    schedule: backups.schedule,
    keep: backups.keep,
    clients: [...new Set([...settings.clients, BACKUP])],
    protect: settings.protect ?? ownership.environment !== "local",
  };
}
