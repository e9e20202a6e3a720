// Settings of the way in → scheme, listeners and attributes of its load balancer and targets.
import { standardLabels } from "../kit/ownership.ts";
import type { IngressSettings } from "./ingress.args.ts";
import { loadBalancerZone } from "./load-balancer-zones.ts";

export type Attribute = { readonly key: string; readonly value: string };

export type IngressPlan = {
  readonly namespace: string;
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly scheme: "internal" | "internet-facing";
  readonly subnets: "private" | "public";
  readonly clients: readonly string[];
  readonly tlsPolicy: string;
  readonly redirectsHttp: boolean;
  readonly loadBalancerAttributes: readonly Attribute[];
  readonly targetAttributes: readonly Attribute[];
  /** Zone in which the certificate is proved. */
  readonly validationZoneId: string;
  /** Zone in which the name is found. */
  readonly recordZoneId: string;
  /** Zone of the load balancer's own name. */
  readonly aliasZoneId: string;
  readonly protect: boolean;
};

/** Decides what the way in consists of. */
export function planIngress(settings: IngressSettings): IngressPlan {
  const { namespace, hostname, exposure, hostedZoneId, region } = settings;
  const isPublic = exposure.kind === "internet";
  return {
    namespace,
    hostname,
    labels: standardLabels(settings.ownership, { name: "ingress", instance: namespace }),
    scheme: isPublic ? "internet-facing" : "internal",
    subnets: isPublic ? "public" : "private",
    clients: exposure.clients,
    tlsPolicy: settings.tlsPolicy,
    redirectsHttp: settings.plainHttp === "redirect",
    loadBalancerAttributes: planLoadBalancerAttributes(settings),
    targetAttributes: planTargetAttributes(settings),
    validationZoneId: hostedZoneId,
    recordZoneId: settings.privateZoneId ?? hostedZoneId,
    aliasZoneId: loadBalancerZone(region),
    protect: settings.protect,
  };
}

/** Source: ELB API, `LoadBalancerAttribute`. */
function planLoadBalancerAttributes(settings: IngressSettings): Attribute[] {
  const { accessLogs, idleSeconds, protect } = settings;
  return toAttributes({
    "deletion_protection.enabled": String(protect),
    "idle_timeout.timeout_seconds": String(idleSeconds),
    "routing.http.drop_invalid_header_fields.enabled": "true",
    ...(accessLogs !== undefined && {
      "access_logs.s3.enabled": "true",
      "access_logs.s3.bucket": accessLogs.bucket,
      "access_logs.s3.prefix": accessLogs.prefix,
    }),
  });
}

/** Source: ELB API, `TargetGroupAttribute`. */
function planTargetAttributes({ drainSeconds }: IngressSettings): Attribute[] {
  return toAttributes({
    "deregistration_delay.timeout_seconds": String(drainSeconds),
    // Answers take from a second to minutes: turns would pile the long ones up on one pod.
    "load_balancing.algorithm.type": "least_outstanding_requests",
  });
}

function toAttributes(values: Readonly<Record<string, string>>): Attribute[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}
