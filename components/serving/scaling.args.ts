// Settings of a version's number of pods: fixed, by KEDA on the requests it has, or by a plain autoscaler.
import { z } from "zod";

const FROM_ONE = "a whole number from 1 up";
const FROM_ZERO = "a whole number from 0 up";
const POLLING = "whole seconds from 5 to 300";

const most = z.int(FROM_ONE).min(1, FROM_ONE).describe("Most pods.");
const downSeconds = z
  .int(FROM_ZERO)
  .min(0, FROM_ZERO)
  .default(300)
  .describe("Time that fewer pods must have sufficed before one goes; more come at once.");

const ORDER = { path: ["max"], message: "at least `min`" };

const none = z.strictObject({
  kind: z.literal("none").describe("`replicas` pods."),
});

const keda = z
  .strictObject({
    kind: z.literal("keda").describe("As many pods as the requests in the version need."),
    min: z
      .int(FROM_ZERO)
      .min(0, FROM_ZERO)
      .default(2)
      .describe(
        "Fewest pods. With 0, in environments `local` and `dev` only, the last one goes after `idleSeconds`, and the gateway's held requests bring it back.",
      ),
    max: most,
    metric: z
      .enum(["requests", "waiting"])
      .default("requests")
      .describe("`requests`: those being answered and those waiting. `waiting`: only the latter."),
    target: z
      .int(FROM_ONE)
      .min(1, FROM_ONE)
      .default(32)
      .describe("How many of them one pod is meant to have."),
    downSeconds,
    idleSeconds: z
      .int(FROM_ONE)
      .min(1, FROM_ONE)
      .default(900)
      .describe(
        "Time without any request before the last pod goes, where `min` is 0; it begins two minutes, or two readings where that is more, after the last one.",
      ),
    pollingSeconds: z
      .int(POLLING)
      .min(5, POLLING)
      .max(300, POLLING)
      .default(15)
      .describe("How often the metrics are read."),
    prometheusUrl: z
      .url({ protocol: /^https?$/, error: "an http or https URL" })
      .default("http://prometheus-operated.monitoring.svc:9090")
      .describe(
        "The Prometheus that scrapes the namespace; on a stack's own cluster the address of a Service.",
      ),
  })
  .refine((it) => it.min <= it.max, ORDER);

const hpa = z
  .strictObject({
    kind: z.literal("hpa").describe("A HorizontalPodAutoscaler, without KEDA."),
    min: z.int(FROM_ONE).min(1, FROM_ONE).default(2).describe("Fewest pods."),
    max: most,
    on: z
      .discriminatedUnion("kind", [
        z.strictObject({
          kind: z.literal("cpu").describe("Mean CPU usage; says nothing where a GPU does the work."),
          percent: z
            .int("a whole percentage from 1 to 100")
            .min(1, "a whole percentage from 1 to 100")
            .max(100, "a whole percentage from 1 to 100")
            .default(70)
            .describe("Percentage of the CPU request."),
        }),
        z.strictObject({
          kind: z.literal("pods").describe("A metric of the pods that a metrics adapter serves."),
          metric: z
            .string()
            .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, "name of a metric")
            .describe("Its name."),
          target: z.int(FROM_ONE).min(1, FROM_ONE).describe("Mean of all pods that is aimed at."),
        }),
      ])
      .describe("What decides."),
    downSeconds,
  })
  .refine((it) => it.min <= it.max, ORDER);

export const scaling = z
  .discriminatedUnion("kind", [none, keda, hpa])
  .default({ kind: "none" })
  .describe("Who decides the number of pods.");

export type ScalingSettings = z.output<typeof scaling>;

/** Environments in which nobody is paged for a request that waits minutes for a model to load. */
const MAY_SLEEP: readonly string[] = ["local", "dev"];

type Scaled = { readonly scaling: ScalingSettings; readonly gpu?: unknown };
type ScalingProblem = { readonly path: readonly string[]; readonly want: string };

/** What is wrong with how a version scales in an environment. */
export function findScalingProblems({ scaling: how, gpu }: Scaled, environment: string): ScalingProblem[] {
  const sleeps = how.kind === "keda" && how.min === 0 && !MAY_SLEEP.includes(environment);
  const isBlind = how.kind === "hpa" && how.on.kind === "cpu" && gpu !== undefined;
  return [
    ...(sleeps
      ? [{ path: ["scaling", "min"], want: `at least 1, as the environment is ${environment}` }]
      : []),
    ...(isBlind
      ? [{ path: ["scaling", "on", "kind"], want: '"pods", or `kind` "keda": a GPU leaves the CPU idle' }]
      : []),
  ];
}
