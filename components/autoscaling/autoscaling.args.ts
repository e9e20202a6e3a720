// Settings of KEDA in a cluster: how much of it runs, and whose objects it minds.
import type { ReleaseArgs } from "@pulumi/kubernetes/helm/v3/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

const REPLICAS = "a whole number from 1 to 5";

export const kedaOperatorSettings = z.strictObject({
  ownership,
  replicas: z
    .int(REPLICAS)
    .min(1, REPLICAS)
    .max(5, REPLICAS)
    .default(2)
    .describe(
      "Pods of the operator, the metrics server and the webhook; of the operator one works at a time.",
    ),
  watchNamespace: dnsLabel
    .optional()
    .describe("The only namespace whose objects are minded; all namespaces when left out."),
  serviceMonitors: z
    .boolean()
    .default(false)
    .describe("Whether Prometheus scrapes KEDA; needs the Prometheus operator's types in the cluster."),
});

export type KedaOperatorSettings = z.output<typeof kedaOperatorSettings>;

type KedaOperatorRefs = {
  /** Namespace of its pods, where it exists; the chart makes `keda` when left out. */
  readonly namespace?: Input<string>;
};

export type KedaOperatorArgs = z.input<typeof kedaOperatorSettings> & {
  readonly refs?: KedaOperatorRefs;
  /** Changes to single children, by name. */
  readonly override?: { readonly release?: Override<ReleaseArgs> };
};
