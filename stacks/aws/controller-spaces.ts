// Namespaces of the controllers that charts install on a stack's own cluster: the paths that each of them needs. Pure.
import { CHARTS } from "../../components/contract/charts.ts";
import type { Ownership } from "../../components/kit/ownership.ts";
import type { ControllerSpaceArgs } from "../../components/network/controller-space.args.ts";
import type { StackSettings } from "../settings.ts";
import type { AwsContext } from "./aws-arguments.ts";

type Surroundings = {
  readonly apiServers: string[];
  /** Namespace of Prometheus; undefined where the stack has none. */
  readonly scraper: string | undefined;
};

/** Where the pods of these charts answer Prometheus. Source: their values, `metrics` and `prometheus`. */
export const METRICS_PORT = 8080;

const PUBLIC_SECRETS =
  "Secrets Manager is called at its public addresses, which change; `secretsmanager` among the network's endpoints closes this.";

/** Paths of the External Secrets Operator. Source: chart external-secrets 2.11, `webhook.port`. */
export function secretsSpace({ ownership, aws }: AwsContext, around: Surroundings): ControllerSpaceArgs {
  const isPrivate = aws.network.endpoints.includes("secretsmanager");
  return {
    ...spaceOf("external-secrets", ownership, around),
    webhooks: [10_250],
    podIdentity: true,
    ...(!isPrivate && { internetReason: PUBLIC_SECRETS }),
  };
}

type Scaler = { readonly settings: StackSettings; readonly ownership: Ownership };

/** Paths of KEDA: API of metrics, webhook, its operator, and the Prometheus that it asks. Source: chart keda 2.21. */
export function scalerSpace({ settings, ownership }: Scaler, around: Surroundings): ControllerSpaceArgs {
  return {
    ...spaceOf("keda", ownership, around),
    webhooks: [6443, 9443],
    within: [9666],
    calls: prometheusPorts(settings),
  };
}

function spaceOf(chart: keyof typeof CHARTS, ownership: Ownership, { apiServers, scraper }: Surroundings) {
  const { namespace } = CHARTS[chart];
  const scrapes = scraper === undefined ? {} : { [scraper]: [METRICS_PORT] };
  return { ownership, namespace, apiServers, scrapes };
}

/** Addresses of the Prometheus of each version that KEDA scales; empty where it scales none. */
export function prometheusUrls({ endpoints }: StackSettings): readonly URL[] {
  return Object.values(endpoints)
    .flatMap(({ versions }) => Object.values(versions))
    .flatMap(({ scaling }) => (scaling.kind === "keda" ? [new URL(scaling.prometheusUrl)] : []));
}

/** Ports by namespace, of those that are Services of the cluster. */
function prometheusPorts(settings: StackSettings): Record<string, number[]> {
  const ports: Record<string, number[]> = {};
  for (const { hostname, port, protocol } of prometheusUrls(settings)) {
    const [, namespace, kind] = hostname.split(".");
    if (namespace === undefined || kind !== "svc") continue;
    const number = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
    ports[namespace] = [...new Set([...(ports[namespace] ?? []), number])];
  }
  return ports;
}
