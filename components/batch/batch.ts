// BatchJob: a program that runs to its end, as a CronJob that starts it or is started from.
import { CronJob } from "@pulumi/kubernetes/batch/v1/index.js";
import { ResourceClaimTemplate } from "@pulumi/kubernetes/resource/v1/index.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import {
  type BatchJobArgs,
  type BatchJobRefs,
  type BatchJobSettings,
  batchJobSettings,
} from "./batch.args.ts";
import { batchClaimArgs, cronJobArgs } from "./batch.manifests.ts";

const TOKEN = { area: "batch", kind: "BatchJob" };

/** Batch inference or training, with or without GPUs. Throws ConfigError on a wrong setting. */
export class BatchJob extends BaseComponent {
  readonly cronJobName: Output<string>;

  constructor(name: string, args: BatchJobArgs, opts: ComponentResourceOptions = {}) {
    const settings = parseSettings(batchJobSettings, args, { ...TOKEN, name });
    super(TOKEN, name, opts);
    const refs = { ...args.refs, ...this.#createClaims(settings, args.refs) };
    this.cronJobName = named(
      CronJob,
      this.childName("cron-job"),
      applyOverride(cronJobArgs(settings, refs), args.override?.cronJob),
      this.childOptions(),
    );
    this.registerOutputs({ cronJobName: this.cronJobName });
  }

  #createClaims(
    settings: BatchJobSettings,
    { namespace }: BatchJobRefs,
  ): { readonly claimTemplate?: Output<string> } {
    const claim = batchClaimArgs(settings, namespace);
    if (claim === undefined) return {};
    const child = this.childName(claim.suffix);
    return { claimTemplate: named(ResourceClaimTemplate, child, claim.args, this.childOptions()) };
  }
}
