// The settings of all stores of this area together, as its README shows them.
import { z } from "zod";
import { backupPlanSettings } from "./backup-plan.args.ts";
import { clusterCacheSettings } from "./cluster-cache.args.ts";
import { clusterPostgresSettings } from "./cluster-postgres.args.ts";
import { controlStoreSettings } from "./control-store.args.ts";
import { sharedCacheSettings } from "./shared-cache.args.ts";

export const dataSettings = z.strictObject({
  controlStore: controlStoreSettings.describe("Settings of `ControlStore`."),
  sharedCache: sharedCacheSettings.describe("Settings of `SharedCache`."),
  backupPlan: backupPlanSettings.describe("Settings of `BackupPlan`."),
  clusterPostgres: clusterPostgresSettings.describe("Settings of `ClusterPostgres`."),
  clusterCache: clusterCacheSettings.describe("Settings of `ClusterCache`."),
});
