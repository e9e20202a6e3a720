// Settings of a static canary: which versions an endpoint has and what share of requests each answers.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { dnsLabel, endpointName, semanticVersion } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

const PERCENT = "a whole percentage from 0 to 100";

/** The Gateway API allows no more backends in one rule. */
const MOST_VERSIONS = 16;

export const weights = z
  .record(semanticVersion, z.int(PERCENT).min(0, PERCENT).max(100, PERCENT))
  .describe("Percentage of requests by version; they sum to 100. A version that is not named gets 0.");

export const stickyBy = z
  .enum(["request", "session", "user"])
  .default("session")
  .describe("What keeps a caller on one side: nothing, the session or the user.");

export const externalModel = z.strictObject({
  provider: dnsLabel.describe("Name of the provider in the gateway's settings."),
  model: z
    .string()
    .regex(/^[\x21-\x7e]{1,256}$/, "a name of 1 to 256 characters without blanks")
    .describe("The provider's own name for the model."),
});

export const canarySettings = z
  .strictObject({
    ownership,
    endpoint: endpointName.describe("The name that callers use as `model`."),
    versions: z
      .array(semanticVersion)
      .min(1, "at least one version")
      .max(MOST_VERSIONS, `at most ${MOST_VERSIONS} versions`)
      .describe("All versions that run."),
    weights,
    stickyBy,
    sleeping: z
      .array(semanticVersion)
      .default([])
      .describe(
        "Versions that may be without a pod: the gateway holds their requests until one is up. None when left out.",
      ),
    external: z
      .record(semanticVersion, externalModel)
      .default({})
      .describe("Versions that a provider serves, and what they are there. None when left out."),
  })
  .superRefine((it, context) => {
    for (const problem of findWeightProblems(it.versions, it.weights)) {
      context.addIssue({ code: "custom", path: ["weights", ...problem.path], message: problem.want });
    }
    for (const [index, version] of it.sleeping.entries()) {
      if (it.versions.includes(version)) continue;
      context.addIssue({ code: "custom", path: ["sleeping", index], message: existing(it.versions) });
    }
    for (const version of Object.keys(it.external)) {
      const path = ["external", version];
      if (!it.versions.includes(version)) {
        context.addIssue({ code: "custom", path, message: existing(it.versions) });
      } else if (it.sleeping.includes(version)) {
        context.addIssue({
          code: "custom",
          path,
          message: "a version that does not sleep: a provider has no pods",
        });
      }
    }
  });

export type CanarySettings = z.output<typeof canarySettings>;

export type CanaryRefs = {
  readonly namespace: Input<string>;
  /** Name of the Gateway that the route belongs to. */
  readonly gateway: Input<string>;
  /** Version → name of its Service. */
  readonly services: Readonly<Record<string, Input<string>>>;
};

export type CanaryArgs = z.input<typeof canarySettings> & {
  readonly refs: CanaryRefs;
  /** Changes to single children, by name. */
  readonly override?: { readonly route?: Override<CustomResourceArgs> };
};

/** What is wrong with an endpoint's weights: names of versions that don't exist, and a sum other than 100. */
export function findWeightProblems(
  versions: readonly string[],
  given: Readonly<Record<string, number>>,
): { readonly path: readonly string[]; readonly want: string }[] {
  const unknown = Object.keys(given)
    .filter((version) => !versions.includes(version))
    .map((version) => ({ path: [version], want: existing(versions) }));
  const sum = Object.values(given).reduce((total, weight) => total + weight, 0);
  const wrongSum =
    sum === 100 ? [] : [{ path: [], want: `percentages that sum to 100 (these sum to ${sum})` }];
  return [...unknown, ...wrongSum];
}

const existing = (versions: readonly string[]): string => `a version that exists: ${versions.join(", ")}`;
