// Plan of a static canary → its HTTPRoute, written in full so that the API server adds no defaults to diff against.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { Input } from "@pulumi/pulumi";
import {
  HEADER_VERSION,
  ROUTE_ANNOTATION_PROVIDERS,
  ROUTE_ANNOTATION_SLEEPING,
  ROUTE_ANNOTATION_STICKY_BY,
  ROUTE_ANNOTATION_VERSIONS,
  ROUTE_HEADER_ENDPOINT,
  ROUTE_LABEL_ENDPOINT,
} from "../../serving/contract/route-annotations.ts";
import { PORTS } from "../contract/labels.ts";
import { InvariantError } from "../kit/invariant-error.ts";
import { workloadName } from "../kit/names.ts";
import type { CanaryRefs } from "./canary.args.ts";
import type { BackendPlan, CanaryPlan } from "./canary.plan.ts";

/** The endpoint's HTTPRoute: one list of backends, so that all weights change in one write. */
export function httpRouteArgs(plan: CanaryPlan, refs: CanaryRefs): CustomResourceArgs {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: {
      name: plan.endpoint,
      namespace: refs.namespace,
      labels: { ...plan.labels, [ROUTE_LABEL_ENDPOINT]: plan.endpoint },
      annotations: {
        [ROUTE_ANNOTATION_VERSIONS]: toVersionsAnnotation(plan),
        [ROUTE_ANNOTATION_STICKY_BY]: plan.stickyBy,
        ...toProvidersAnnotation(plan),
        ...(plan.sleeping.length > 0 && { [ROUTE_ANNOTATION_SLEEPING]: JSON.stringify(plan.sleeping) }),
      },
    },
    spec: {
      parentRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: refs.gateway }],
      rules: [{ matches: [toMatch(plan)], backendRefs: toBackendRefs(plan, refs) }],
    },
  };
}

/** JSON with sorted versions: the same plan always gives the same text. */
function toVersionsAnnotation(plan: CanaryPlan): string {
  return JSON.stringify(
    Object.fromEntries(plan.backends.map(({ version }) => [workloadName(plan.endpoint, version), version])),
  );
}

function toProvidersAnnotation({ backends }: CanaryPlan): Record<string, string> {
  const external = backends.flatMap(({ version, external }) => (external ? [[version, external]] : []));
  if (external.length === 0) return {};
  return { [ROUTE_ANNOTATION_PROVIDERS]: JSON.stringify(Object.fromEntries(external)) };
}

function toMatch(plan: CanaryPlan): object {
  return {
    path: { type: "PathPrefix", value: "/" },
    headers: [{ type: "Exact", name: ROUTE_HEADER_ENDPOINT, value: plan.endpoint }],
  };
}

type BackendRef = {
  readonly group: "";
  readonly kind: "Service";
  readonly name: Input<string>;
  readonly port: number;
  readonly weight: number;
  readonly filters?: readonly object[];
};

function toBackendRefs(plan: CanaryPlan, refs: CanaryRefs): BackendRef[] {
  return plan.backends.map((backend) => {
    const { version, weight } = backend;
    const name = refs.services[version];
    if (name === undefined) throw new InvariantError(`endpoint ${plan.endpoint}: no Service for ${version}`);
    return { group: "", kind: "Service", name, port: PORTS.http.number, weight, ...toFilters(backend) };
  });
}

/** Another data plane is led back to our gateway, which is told by this what was drawn already. */
function toFilters({ version, external }: BackendPlan): Pick<BackendRef, "filters"> {
  if (external === undefined) return {};
  const set = [{ name: HEADER_VERSION, value: version }];
  return { filters: [{ type: "RequestHeaderModifier", requestHeaderModifier: { set } }] };
}
