// Settings of the backup plan → vault, rules, lock and selection.
import type { BackupPlanSettings } from "./backup-plan.args.ts";

export type BackupPlanPlan = {
  readonly name: string;
  readonly rules: readonly (BackupPlanSettings["rules"][string] & { readonly name: string })[];
} & Pick<BackupPlanSettings, "select" | "lock" | "protect">;

/** Decides what the backup plan consists of; rules are in the order of their names, so that equal input is no change. */
export function planBackups(settings: BackupPlanSettings): BackupPlanPlan {
  const { prefix, rules, select, lock, protect } = settings;
  return {
    name: `${prefix}-backup`,
    rules: Object.entries(rules)
      .map(([name, rule]) => ({ name, ...rule }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    select,
    lock,
    protect,
  };
}
