// BackupPlan: copies in a vault of their own, which outlive the store they were taken from.
import { Plan } from "@pulumi/aws/backup/plan.js";
import { Selection } from "@pulumi/aws/backup/selection.js";
import { Vault } from "@pulumi/aws/backup/vault.js";
import { VaultLockConfiguration } from "@pulumi/aws/backup/vaultLockConfiguration.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type BackupPlanArgs, backupPlanSettings } from "./backup-plan.args.ts";
import * as manifests from "./backup-plan.manifests.ts";
import { type BackupPlanPlan, planBackups } from "./backup-plan.plan.ts";

const TOKEN = { area: "data", kind: "BackupPlan" };

/** Copies of stores by AWS Backup. Throws ConfigError on a wrong setting. */
export class BackupPlan extends BaseComponent {
  readonly vaultName: Output<string>;
  readonly vaultArn: Output<string>;

  constructor(name: string, args: BackupPlanArgs, opts: ComponentResourceOptions = {}) {
    const plan = planBackups(parseSettings(backupPlanSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const vault = new Vault(
      this.childName("vault"),
      applyOverride(manifests.vaultArgs(plan, args.refs.keyArn), args.override?.vault),
      this.childOptions({ protect: plan.protect }),
    );
    this.vaultName = vault.name;
    this.vaultArn = vault.arn;
    if (plan.lock !== undefined) {
      new VaultLockConfiguration(
        this.childName("lock"),
        manifests.vaultLockArgs(plan.lock, vault.name),
        this.childOptions({ protect: plan.protect }),
      );
    }
    this.#createSchedule(plan, args);
    this.registerOutputs({ vaultName: this.vaultName });
  }

  #createSchedule(plan: BackupPlanPlan, { refs, override }: BackupPlanArgs): void {
    const planId = new Plan(
      this.childName("plan"),
      applyOverride(manifests.backupPlanArgs(plan, this.vaultName), override?.plan),
      this.childOptions(),
    ).id;
    const role = new Role(this.childName("role"), manifests.backupRoleArgs(plan), this.childOptions());
    const policies = Object.entries(manifests.BACKUP_POLICIES).map(
      ([use, policyArn]) =>
        new RolePolicyAttachment(
          this.childName(`role-${use}`),
          { role: role.name, policyArn },
          this.childOptions(),
        ),
    );
    new Selection(
      this.childName("selection"),
      applyOverride(
        manifests.selectionArgs(plan, { ...refs, planId, roleArn: role.arn }),
        override?.selection,
      ),
      this.childOptions({ dependsOn: policies }),
    );
  }
}
