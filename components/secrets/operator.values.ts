// Settings of the External Secrets Operator → the values of its chart.
import { CHARTS } from "../contract/charts.ts";
import type { OperatorRefs, OperatorSettings } from "./operator.args.ts";

/** Whose pod identity reads the secrets. */
export const OPERATOR_ACCOUNT = {
  namespace: CHARTS["external-secrets"].namespace,
  serviceAccount: "external-secrets",
} as const;

const ANNOTATION_ROLE = "rampa.dev/role-arn";

/** Values of the chart: one namespace, one kind of work. */
export function operatorValues({ replicas }: OperatorSettings, refs: OperatorRefs): Record<string, unknown> {
  const budget = { enabled: replicas > 1, minAvailable: 1 };
  return {
    installCRDs: true,
    replicaCount: replicas,
    leaderElect: true,
    podDisruptionBudget: budget,
    serviceAccount: { create: true, name: OPERATOR_ACCOUNT.serviceAccount },
    podAnnotations: { [ANNOTATION_ROLE]: refs.roleArn },
    // Nobody outside the namespace can have the operator read a secret, and it can write nowhere else.
    scopedNamespace: refs.namespace,
    scopedRBAC: true,
    ...UNUSED,
    webhook: { replicaCount: replicas, podDisruptionBudget: budget },
    certController: { replicaCount: 1 },
  };
}

/** What reaches over namespaces, or writes into Secrets Manager, is neither defined nor worked on. */
const UNUSED = {
  processClusterStore: false,
  processClusterExternalSecret: false,
  processClusterPushSecret: false,
  processClusterGenerator: false,
  processPushSecret: false,
  crds: {
    createClusterSecretStore: false,
    createClusterExternalSecret: false,
    createClusterPushSecret: false,
    createClusterGenerator: false,
    createPushSecret: false,
  },
} as const;
