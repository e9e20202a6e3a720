// Plan of an environment → arguments of its Kubernetes objects.
import type {
  LimitRangeArgs,
  NamespaceArgs,
  ResourceQuotaArgs,
  ServiceAccountArgs,
} from "@pulumi/kubernetes/core/v1/index.js";
import type { RoleArgs, RoleBindingArgs } from "@pulumi/kubernetes/rbac/v1/index.js";
import type { PriorityClassArgs } from "@pulumi/kubernetes/scheduling/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { podSecurityLabels } from "../kit/pod-security.ts";
import type { EnvironmentPlan, RolePlan } from "./environment.plan.ts";

/** The namespace, which refuses pods outside the `restricted` Pod Security Standard. */
export function namespaceArgs(plan: EnvironmentPlan): NamespaceArgs {
  const security = podSecurityLabels("restricted", plan.podSecurityVersion);
  return { metadata: { name: plan.namespace, labels: { ...plan.labels, ...security } } };
}

/** What the namespace may use in all. LoadBalancers are counted out: the gateway is the only way in. */
export function resourceQuotaArgs(plan: EnvironmentPlan, namespace: Input<string>): ResourceQuotaArgs {
  const { cpuRequests, cpuLimits, memory, pods } = plan.quota;
  return {
    metadata: { name: "quota", namespace, labels: { ...plan.labels } },
    spec: {
      hard: {
        "requests.cpu": cpuRequests,
        "limits.cpu": cpuLimits,
        "requests.memory": memory,
        "limits.memory": memory,
        pods: String(pods),
        "services.loadbalancers": "0",
      },
    },
  };
}

/** What a container gets that names no resources, as under a quota it would be refused otherwise. */
export function limitRangeArgs(plan: EnvironmentPlan, namespace: Input<string>): LimitRangeArgs {
  return {
    metadata: { name: "defaults", namespace, labels: { ...plan.labels } },
    spec: {
      limits: [
        {
          type: "Container",
          default: { cpu: "500m", memory: "256Mi" },
          defaultRequest: { cpu: "50m", memory: "256Mi" },
        },
      ],
    },
  };
}

/** A role's ServiceAccount; its token is mounted only where a pod asks for it. */
export function serviceAccountArgs(
  plan: EnvironmentPlan,
  role: RolePlan,
  namespace: Input<string>,
): ServiceAccountArgs {
  return {
    metadata: { name: role.name, namespace, labels: { ...plan.labels } },
    automountServiceAccountToken: false,
  };
}

/** A role's priority in the whole cluster. */
export function priorityClassArgs(plan: EnvironmentPlan, role: RolePlan): PriorityClassArgs {
  return {
    metadata: { name: role.priorityClass, labels: { ...plan.labels } },
    value: role.priority,
    globalDefault: false,
    preemptionPolicy: "PreemptLowerPriority",
    description: `${role.name} pods of namespace ${plan.namespace}`,
  };
}

/** The gateway reads the routes of its own namespace, and nothing else. */
export function routeReaderArgs(plan: EnvironmentPlan, namespace: Input<string>): RoleArgs {
  return {
    metadata: { name: "gateway-routes", namespace, labels: { ...plan.labels } },
    rules: [
      {
        apiGroups: ["gateway.networking.k8s.io"],
        resources: ["httproutes"],
        verbs: ["get", "list", "watch"],
      },
    ],
  };
}

type BindingRefs = {
  readonly namespace: Input<string>;
  readonly role: Input<string>;
  readonly serviceAccount: Input<string>;
};

/** Gives the route reader's rights to the gateway's ServiceAccount. */
export function routeReaderBindingArgs(plan: EnvironmentPlan, refs: BindingRefs): RoleBindingArgs {
  return {
    metadata: { name: "gateway-routes", namespace: refs.namespace, labels: { ...plan.labels } },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: refs.role },
    subjects: [{ kind: "ServiceAccount", name: refs.serviceAccount, namespace: refs.namespace }],
  };
}
