// Settings of the control store → names, version, instances and their zones.
import type { ControlStoreSettings } from "./control-store.args.ts";

export const POSTGRES_PORT = 5432;

export type AuroraPlan = {
  readonly kind: "aurora";
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly pauseAfterSeconds: number | undefined;
  readonly instances: readonly { readonly suffix: string; readonly zone: string; readonly tier: number }[];
};

export type RdsPlan = Extract<ControlStoreSettings["engine"], { readonly kind: "rds" }> & {
  /** Only of a single instance; with a standby RDS chooses. */
  readonly zone: string | undefined;
};

export type ControlStorePlan = {
  /** Identifier of cluster or instance; log groups and the last snapshot are named after it. */
  readonly identifier: string;
  readonly family: string;
  readonly logs: readonly { readonly type: string; readonly group: string }[];
  readonly engine: AuroraPlan | RdsPlan;
} & Pick<
  ControlStoreSettings,
  | "engineVersion"
  | "autoMinorVersionUpgrade"
  | "database"
  | "applicationUser"
  | "backupRetentionDays"
  | "backupWindow"
  | "maintenanceWindow"
  | "logRetentionDays"
  | "deletionProtection"
  | "protect"
>;

/** Decides what the control store consists of. */
export function planControlStore(settings: ControlStoreSettings): ControlStorePlan {
  const { ownership: _ownership, prefix, zones, engine, ...kept } = settings;
  const identifier = `${prefix}-control`;
  const major = kept.engineVersion.split(".")[0];
  return {
    ...kept,
    identifier,
    family: engine.kind === "aurora" ? `aurora-postgresql${major}` : `postgres${major}`,
    logs: planLogs(engine.kind, identifier),
    engine:
      engine.kind === "aurora"
        ? planAurora(engine, zones)
        : { ...engine, zone: engine.multiAz ? undefined : zones[0] },
  };
}

/** RDS would make the groups itself, without a key and for ever. */
function planLogs(kind: "aurora" | "rds", identifier: string): ControlStorePlan["logs"] {
  const types = kind === "aurora" ? ["postgresql"] : ["postgresql", "upgrade"];
  const place = kind === "aurora" ? "cluster" : "instance";
  return types.map((type) => ({ type, group: `/aws/rds/${place}/${identifier}/${type}` }));
}

/** Seconds without a connection after which Aurora pauses, unless another time is set. */
const PAUSE_SECONDS = 300;

function planAurora(
  engine: Extract<ControlStoreSettings["engine"], { readonly kind: "aurora" }>,
  zones: readonly string[],
): AuroraPlan {
  const { minCapacity, maxCapacity, pauseAfterSeconds, instances } = engine;
  return {
    kind: "aurora",
    minCapacity,
    maxCapacity,
    pauseAfterSeconds: minCapacity === 0 ? (pauseAfterSeconds ?? PAUSE_SECONDS) : undefined,
    instances: Array.from({ length: instances }, (_, index) => ({
      suffix: String(index + 1),
      zone: zones[index % zones.length] ?? "",
      // A reader of tier 0 or 1 keeps the writer's capacity, so that it can take over at once.
      tier: Math.min(index, 1),
    })),
  };
}

/** ARN that `rds-db:connect` is allowed on: one database user of one store. Source: RDS, IAM policies for IAM database access. */
export function databaseUserArn(storeArn: string, resourceId: string, user: string): string {
  const [arn, partition, , region, account] = storeArn.split(":");
  return [arn, partition, "rds-db", region, account, "dbuser", `${resourceId}/${user}`].join(":");
}
