// The controller's own kinds of objects for Gateways, which its chart does not define.
import type { CustomResourceDefinitionArgs } from "@pulumi/kubernetes/apiextensions/v1/index.js";

const GROUP = "gateway.k8s.aws";

/** Kind → plural. The controller watches all three. */
export const DEFINITIONS = {
  LoadBalancerConfiguration: "loadbalancerconfigurations",
  TargetGroupConfiguration: "targetgroupconfigurations",
  ListenerRuleConfiguration: "listenerruleconfigurations",
} as const;

export type DefinedKind = keyof typeof DEFINITIONS;

/**
 * The definition of one kind. Fields are not restricted here: what this platform writes is checked before it is sent,
 * and the controller judges the rest.
 */
export function definitionArgs(kind: DefinedKind): CustomResourceDefinitionArgs {
  const plural = DEFINITIONS[kind];
  const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: "v1beta1",
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: { type: "object", properties: { spec: anything, status: anything } },
          },
        },
      ],
    },
  };
}
