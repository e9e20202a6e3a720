// Settings of the GPU exporter: where it runs and who may read it.
import type { ReleaseArgs } from "@pulumi/kubernetes/helm/v3/index.js";
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

export const gpuMetricsSettings = z
  .strictObject({
    ownership,
    namespace: dnsLabel
      .default("gpu-metrics")
      .describe("Namespace of the exporter; its pods need rights that `restricted` refuses."),
    monitoringNamespace: dnsLabel
      .default("monitoring")
      .describe("Namespace of Prometheus, the only one that may read the exporter."),
    scrapeSeconds: z
      .int("whole seconds from 10 to 60")
      .min(10, "whole seconds from 10 to 60")
      .max(60, "whole seconds from 10 to 60")
      .default(30)
      .describe("Time between two scrapes."),
    imageDigest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, "a digest, sha256: and 64 hexadecimal digits")
      .optional()
      .describe("Digest of the exporter's image; the chart's tag when left out."),
  })
  .refine((it) => it.namespace !== it.monitoringNamespace, {
    path: ["namespace"],
    message: "another namespace than that of Prometheus, as its pods are privileged",
  });

export type GpuMetricsSettings = z.output<typeof gpuMetricsSettings>;

export type GpuMetricsArgs = z.input<typeof gpuMetricsSettings> & {
  /** Changes to single children, by name. */
  readonly override?: { readonly release?: Override<ReleaseArgs> };
};
