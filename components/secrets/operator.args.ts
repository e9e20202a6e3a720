// Settings of the External Secrets Operator: how many copies run.
import type { ReleaseArgs } from "@pulumi/kubernetes/helm/v3/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import type { Override } from "../kit/override.ts";

export const operatorSettings = z.strictObject({
  replicas: z
    .int("a whole number from 1 up")
    .min(1, "a whole number from 1 up")
    .default(2)
    .describe("Copies of the operator and of its webhook; one of them works at a time."),
});

export type OperatorSettings = z.output<typeof operatorSettings>;

export type OperatorRefs = {
  /** The one namespace that it serves. */
  readonly namespace: Input<string>;
  /** Namespace of its own pods, `OPERATOR_ACCOUNT.namespace`, where it exists; the chart makes it when left out. */
  readonly ownNamespace?: Input<string>;
  /** Role that its ServiceAccount takes; pods are replaced when it changes, as they get credentials at their start. */
  readonly roleArn: Input<string>;
};

export type OperatorArgs = z.input<typeof operatorSettings> & {
  readonly refs: OperatorRefs;
  /** Changes to single children, by name. */
  readonly override?: { readonly release?: Override<ReleaseArgs> };
};
