// Settings of what watches a stack, and what is wrong with them on its cluster: which Prometheus there is. Pure.
import { z } from "zod";
import { monitoringSettings } from "../components/monitoring/monitoring.args.ts";
import { monitoringStackFields } from "../components/monitoring/monitoring-stack.args.ts";
import { standaloneServer } from "../components/monitoring/standalone.args.ts";

const imageReference = z
  .string()
  .regex(
    /^[^/\s]+[.:][^/\s]*\/\S+@sha256:[0-9a-f]{64}$/,
    "an image by registry and digest, REGISTRY/NAME@sha256:…",
  );

const operatorStack = monitoringStackFields
  .omit({ ownership: true, nodeRanges: true, scrapes: true })
  .extend({
    kind: z
      .literal("operator")
      .describe(
        "`operator`: the Prometheus operator with Prometheus, Alertmanager and Grafana, of the stack's own cluster.",
      ),
  });

const standaloneStack = standaloneServer.extend({
  kind: z
    .literal("standalone")
    .describe("`standalone`: one Prometheus and one Alertmanager, for a cluster without that operator."),
  images: z
    .strictObject({
      prometheus: imageReference.describe("Image of Prometheus, by registry and digest."),
      alertmanager: imageReference.describe("Image of Alertmanager, by registry and digest."),
    })
    .optional()
    .describe(
      "Images whose entry points are the servers; built here for a cluster on this machine when left out.",
    ),
});

export const stackMonitoring = monitoringSettings
  .omit({ ownership: true, namespace: true, gpus: true })
  .extend({
    stack: z
      .discriminatedUnion("kind", [operatorStack, standaloneStack])
      .optional()
      .describe(
        "The Prometheus that the stack brings; when left out, the Prometheus operator that is in the cluster already.",
      ),
  })
  .describe("What is measured and who is told; nothing when left out.");

export type StackMonitoring = z.output<typeof stackMonitoring>;
export type OperatorStack = z.output<typeof operatorStack>;
export type StandaloneStack = z.output<typeof standaloneStack>;

type Watched = { readonly monitoring: StackMonitoring | undefined };

/** The operator's stack, where the settings ask for it. */
export function operatorStackOf({ monitoring }: Watched): OperatorStack | undefined {
  return monitoring?.stack?.kind === "operator" ? monitoring.stack : undefined;
}

/** The Prometheus without an operator, where the settings ask for it. */
export function standaloneStackOf({ monitoring }: Watched): StandaloneStack | undefined {
  return monitoring?.stack?.kind === "standalone" ? monitoring.stack : undefined;
}

export type MonitoredPlace = {
  readonly environment: string;
  readonly namespace: string;
  /** Whether the stack makes its cluster, on this machine or on AWS; another one stands already. */
  readonly cluster: "machine" | "own" | "standing";
  /** Namespace that the network's settings let scrape. */
  readonly scraper: string | undefined;
};

export type MonitoringProblem = {
  readonly section: "rampa:monitoring" | "rampa:network";
  readonly path: readonly (string | number)[];
  readonly want: string;
};

/** Which Prometheus fits which cluster. */
export function findMonitoringProblems(
  monitoring: StackMonitoring | undefined,
  place: MonitoredPlace,
): readonly MonitoringProblem[] {
  if (monitoring === undefined) return [];
  const { stack } = monitoring;
  const wrong = findKindProblem(stack?.kind, place.cluster);
  if (wrong !== undefined)
    return [{ section: "rampa:monitoring", path: ["stack", ...wrong.path], want: wrong.want }];
  return stack?.kind === "standalone" ? findStandaloneProblems(monitoring, stack, place) : [];
}

type Kind = OperatorStack["kind"] | StandaloneStack["kind"] | undefined;

function findKindProblem(
  kind: Kind,
  cluster: MonitoredPlace["cluster"],
): { readonly path: readonly string[]; readonly want: string } | undefined {
  const path = kind === undefined ? [] : ["kind"];
  if (cluster === "own" && kind !== "operator") {
    return {
      path,
      want: "`kind: operator`, as a cluster of the stack's own has no other Prometheus operator",
    };
  }
  if (cluster === "machine" && kind !== "standalone") {
    return { path, want: "`kind: standalone`, as a cluster on this machine has no Prometheus operator" };
  }
  if (cluster === "standing" && kind === "operator") {
    return {
      path,
      want: "`standalone`, or no `stack` where the cluster has the Prometheus operator: it is installed into clusters of the stack's own only",
    };
  }
  return undefined;
}

function findStandaloneProblems(
  { receivers }: StackMonitoring,
  stack: StandaloneStack,
  { environment, namespace, cluster, scraper }: MonitoredPlace,
): readonly MonitoringProblem[] {
  const at = (...path: readonly (string | number)[]) => ({ section: "rampa:monitoring", path }) as const;
  const webhooks = Object.entries(receivers).flatMap(([severity, list]) =>
    list.flatMap(({ kind }, index) =>
      kind === "webhook" && stack.images === undefined ? [at("receivers", severity, index, "kind")] : [],
    ),
  );
  return [
    ...(environment === "prod"
      ? [
          {
            ...at("stack", "kind"),
            want: "`operator` in prod: one Prometheus loses with its pod what it measured",
          },
        ]
      : []),
    ...(stack.namespace === namespace
      ? [{ ...at("stack", "namespace"), want: "another namespace than the environment's, as it is closed" }]
      : []),
    ...(cluster === "standing" && stack.images === undefined
      ? [{ ...at("stack", "images"), want: "images that the cluster's nodes can pull, by digest" }]
      : []),
    ...webhooks.map((each) => ({
      ...each,
      want: "slack, pagerduty or email: Alertmanager 0.25, which is built here, takes no webhook address from a Secret; or one of 0.26 and later in `stack.images`",
    })),
    ...(scraper !== undefined && scraper !== stack.namespace
      ? [
          {
            section: "rampa:network" as const,
            path: ["monitoringNamespace"],
            want: `"${stack.namespace}", the namespace of the stack's Prometheus, or nothing`,
          },
        ]
      : []),
  ];
}
