// BatchJob: a program that runs to its end, as a CronJob that starts it or is started from.
import { CronJob } from "@pulumi/kubernetes/batch/v1/index.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type BatchJobArgs, batchJobSettings } from "./batch.args.ts";
import { cronJobArgs } from "./batch.manifests.ts";

const TOKEN = { area: "batch", kind: "BatchJob" };

/** Batch inference or training, with or without GPUs. Throws ConfigError on a wrong setting. */
export class BatchJob extends BaseComponent {
  readonly cronJobName: Output<string>;

  constructor(name: string, args: BatchJobArgs, opts: ComponentResourceOptions = {}) {
    const settings = parseSettings(batchJobSettings, args, { ...TOKEN, name });
    super(TOKEN, name, opts);
    this.cronJobName = named(
      CronJob,
      this.childName("cron-job"),
      applyOverride(cronJobArgs(settings, args.refs), args.override?.cronJob),
      this.childOptions(),
    );
    this.registerOutputs({ cronJobName: this.cronJobName });
  }
}
