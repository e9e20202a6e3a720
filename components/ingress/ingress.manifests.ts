// Plan of the way in → arguments of its Gateway API objects and of the load balancer's configuration.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { NamespaceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { PORTS } from "../contract/labels.ts";
import type { IngressRefs } from "./ingress.args.ts";
import type { IngressPlan } from "./ingress.plan.ts";

const GATEWAY_GROUP = "gateway.networking.k8s.io";
const GATEWAY_API = `${GATEWAY_GROUP}/v1`;
const AWS_GROUP = "gateway.k8s.aws";
const AWS_API = `${AWS_GROUP}/v1beta1`;
const NAME = "ingress";
const LISTENERS = { https: "https", http: "http" } as const;
const READY_PATH = "/readyz";

/** A namespace that holds routes and no pods. */
export function namespaceArgs(plan: IngressPlan): NamespaceArgs {
  const modes = ["enforce", "audit", "warn"].map((mode) => [
    `pod-security.kubernetes.io/${mode}`,
    "restricted",
  ]);
  return { metadata: { name: plan.namespace, labels: { ...plan.labels, ...Object.fromEntries(modes) } } };
}

/** Gateways of this class are Application Load Balancers. */
export function gatewayClassArgs(plan: IngressPlan): CustomResourceArgs {
  return {
    apiVersion: GATEWAY_API,
    kind: "GatewayClass",
    metadata: { name: plan.namespace, labels: { ...plan.labels } },
    spec: { controllerName: "gateway.k8s.aws/alb" },
  };
}

type LoadBalancerRefs = {
  readonly namespace: Input<string>;
  readonly certificateArn: Input<string>;
  readonly subnetIds: readonly Input<string>[];
};

/** Source: AWS Load Balancer Controller 3.4, LoadBalancerConfiguration. */
export function loadBalancerArgs(plan: IngressPlan, refs: LoadBalancerRefs): CustomResourceArgs {
  return {
    apiVersion: AWS_API,
    kind: "LoadBalancerConfiguration",
    metadata: { name: NAME, namespace: refs.namespace, labels: { ...plan.labels } },
    spec: {
      scheme: plan.scheme,
      ipAddressType: "ipv4",
      loadBalancerSubnets: refs.subnetIds.map((identifier) => ({ identifier })),
      sourceRanges: [...plan.clients],
      loadBalancerAttributes: plan.loadBalancerAttributes.map((attribute) => ({ ...attribute })),
      listenerConfigurations: [
        { protocolPort: "HTTPS:443", defaultCertificate: refs.certificateArn, sslPolicy: plan.tlsPolicy },
      ],
    },
  };
}

/** How pods of the platform's gateway are reached and judged. Source: the same, TargetGroupConfiguration. */
export function targetsArgs(plan: IngressPlan, refs: IngressRefs): CustomResourceArgs {
  return {
    apiVersion: AWS_API,
    kind: "TargetGroupConfiguration",
    metadata: { name: NAME, namespace: refs.serviceNamespace, labels: { ...plan.labels } },
    spec: {
      targetReference: { group: "", kind: "Service", name: refs.serviceName },
      defaultConfiguration: {
        // Straight to the pods: no second hop, and a node that goes takes no one's connection with it.
        targetType: "ip",
        protocol: "HTTP",
        protocolVersion: "HTTP1",
        healthCheckConfig: {
          healthCheckPath: READY_PATH,
          healthCheckProtocol: "HTTP",
          healthCheckInterval: 10,
          healthCheckTimeout: 5,
          healthyThresholdCount: 2,
          unhealthyThresholdCount: 2,
          matcher: { httpCode: "200" },
        },
        targetGroupAttributes: plan.targetAttributes.map((attribute) => ({ ...attribute })),
      },
    },
  };
}

type GatewayRefs = {
  readonly namespace: Input<string>;
  readonly className: Input<string>;
  readonly configuration: Input<string>;
};

/** The load balancer itself; the deployment goes on when it has an address. */
export function gatewayArgs(plan: IngressPlan, refs: GatewayRefs): CustomResourceArgs {
  const allowedRoutes = { namespaces: { from: "Same" } };
  const http = { name: LISTENERS.http, protocol: "HTTP", port: 80, allowedRoutes };
  return {
    apiVersion: GATEWAY_API,
    kind: "Gateway",
    metadata: {
      name: NAME,
      namespace: refs.namespace,
      labels: { ...plan.labels },
      annotations: { "pulumi.com/waitFor": "condition=Programmed" },
    },
    spec: {
      gatewayClassName: refs.className,
      infrastructure: {
        parametersRef: { group: AWS_GROUP, kind: "LoadBalancerConfiguration", name: refs.configuration },
      },
      listeners: [
        { name: LISTENERS.https, protocol: "HTTPS", port: 443, hostname: plan.hostname, allowedRoutes },
        ...(plan.redirectsHttp ? [{ ...http, hostname: plan.hostname }] : []),
      ],
    },
  };
}

type RouteRefs = Pick<IngressRefs, "serviceNamespace" | "serviceName"> & {
  readonly namespace: Input<string>;
  readonly gateway: Input<string>;
};

/** Everything that comes by HTTPS goes to the platform's gateway, which knows the endpoints. */
export function routeArgs(plan: IngressPlan, refs: RouteRefs): CustomResourceArgs {
  const backend = { group: "", kind: "Service", name: refs.serviceName, namespace: refs.serviceNamespace };
  return toRoute(plan, refs, {
    name: NAME,
    listener: LISTENERS.https,
    rule: {
      matches: [{ path: { type: "PathPrefix", value: "/" } }],
      backendRefs: [{ ...backend, port: PORTS.http.number, weight: 1 }],
    },
  });
}

/** Sends callers of port 80 to HTTPS, before they say anything twice. */
export function redirectArgs(plan: IngressPlan, refs: RouteRefs): CustomResourceArgs {
  return toRoute(plan, refs, {
    name: `${NAME}-redirect`,
    listener: LISTENERS.http,
    rule: {
      matches: [{ path: { type: "PathPrefix", value: "/" } }],
      filters: [
        { type: "RequestRedirect", requestRedirect: { scheme: "https", port: 443, statusCode: 301 } },
      ],
    },
  });
}

type RouteParts = { readonly name: string; readonly listener: string; readonly rule: object };

function toRoute(
  plan: IngressPlan,
  refs: RouteRefs,
  { name, listener, rule }: RouteParts,
): CustomResourceArgs {
  return {
    apiVersion: GATEWAY_API,
    kind: "HTTPRoute",
    metadata: { name, namespace: refs.namespace, labels: { ...plan.labels } },
    spec: {
      parentRefs: [{ group: GATEWAY_GROUP, kind: "Gateway", name: refs.gateway, sectionName: listener }],
      hostnames: [plan.hostname],
      rules: [rule],
    },
  };
}

/** Lets routes of the ingress namespace name the gateway's Service, and no other object. */
export function grantArgs(plan: IngressPlan, refs: IngressRefs): CustomResourceArgs {
  return {
    apiVersion: `${GATEWAY_GROUP}/v1beta1`,
    kind: "ReferenceGrant",
    metadata: { name: NAME, namespace: refs.serviceNamespace, labels: { ...plan.labels } },
    spec: {
      from: [{ group: GATEWAY_GROUP, kind: "HTTPRoute", namespace: plan.namespace }],
      to: [{ group: "", kind: "Service", name: refs.serviceName }],
    },
  };
}
