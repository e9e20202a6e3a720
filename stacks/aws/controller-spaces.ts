// Namespaces of the controllers that charts install on a stack's own cluster: the paths that each of them needs. Pure.
import { CHARTS } from "../../components/contract/charts.ts";
import type { Ownership } from "../../components/kit/ownership.ts";
import type { ControllerSpaceArgs } from "../../components/network/controller-space.args.ts";
import type { ScalingSettings } from "../../components/serving/scaling.args.ts";
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

type Version = { readonly scaling: ScalingSettings };
type Endpoints = Readonly<Record<string, { readonly versions: Readonly<Record<string, Version>> }>>;
type Scaler = { readonly settings: { readonly endpoints: Endpoints }; readonly ownership: Ownership };

/** Paths of KEDA: API of metrics, webhook, its operator, and the Prometheus that it asks. Source: chart keda 2.21. */
export function scalerSpace({ settings, ownership }: Scaler, around: Surroundings): ControllerSpaceArgs {
  return {
    ...spaceOf("keda", ownership, around),
    webhooks: [6443, 9443],
    within: [9666],
    calls: prometheusPorts(settings.endpoints),
  };
}

function spaceOf(chart: keyof typeof CHARTS, ownership: Ownership, { apiServers, scraper }: Surroundings) {
  const { namespace } = CHARTS[chart];
  const scrapes = scraper === undefined ? {} : { [scraper]: [METRICS_PORT] };
  return { ownership, namespace, apiServers, scrapes };
}

/** The Prometheus of each version that KEDA scales; empty where it scales none. */
export function scalerCalls(endpoints: Endpoints): readonly ScalerCall[] {
  return Object.entries(endpoints).flatMap(([endpoint, { versions }]) =>
    Object.entries(versions).flatMap(([version, { scaling }]) => {
      if (scaling.kind !== "keda") return [];
      const path = [endpoint, "versions", version, "scaling", "prometheusUrl"];
      return [{ path, ...serviceOf(new URL(scaling.prometheusUrl)) }];
    }),
  );
}

type ScalerCall = {
  /** Of the setting, inside `rampa:endpoints`. */
  readonly path: readonly string[];
  readonly port: number;
  /** Of the Service; undefined where the address is none of the cluster's. */
  readonly namespace: string | undefined;
};

/** The pods of a Service have a namespace that a policy can let KEDA out to; other addresses have none. */
const SERVICE = /^[a-z0-9-]+\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?\.?$/;

function serviceOf({ hostname, port, protocol }: URL): Pick<ScalerCall, "port" | "namespace"> {
  const usual = protocol === "https:" ? 443 : 80;
  return { port: port === "" ? usual : Number(port), namespace: SERVICE.exec(hostname)?.[1] };
}

/** Ports by namespace. */
function prometheusPorts(endpoints: Endpoints): Record<string, number[]> {
  const ports: Record<string, number[]> = {};
  for (const { namespace, port } of scalerCalls(endpoints)) {
    if (namespace === undefined) continue;
    ports[namespace] = [...new Set([...(ports[namespace] ?? []), port])];
  }
  return ports;
}
