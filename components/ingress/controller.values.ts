// Settings of the load balancer controller → the values of its chart.
import { CHARTS } from "../contract/charts.ts";
import type { ControllerRefs, ControllerSettings } from "./controller.args.ts";

/** Whose pod identity makes load balancers. */
export const CONTROLLER_ACCOUNT = {
  namespace: CHARTS["aws-load-balancer-controller"].namespace,
  serviceAccount: "aws-load-balancer-controller",
} as const;

const ANNOTATION_ROLE = "rampa.dev/role-arn";

/** Values of the chart: Application Load Balancers for Gateways, and nothing else that it could do. */
export function controllerValues(
  { region, replicas }: ControllerSettings,
  refs: ControllerRefs,
): Record<string, unknown> {
  return {
    clusterName: refs.clusterName,
    region,
    vpcId: refs.vpcId,
    replicaCount: replicas,
    ...(replicas > 1 && { podDisruptionBudget: { maxUnavailable: 1 } }),
    serviceAccount: { create: true, name: CONTROLLER_ACCOUNT.serviceAccount },
    podAnnotations: { [ANNOTATION_ROLE]: refs.roleArn },
    controllerConfig: { featureGates: { ALBGatewayAPI: true, NLBGatewayAPI: false } },
    defaultTargetType: "ip",
    // Services of type LoadBalancer would be made its own by a webhook.
    enableServiceMutatorWebhook: false,
    // The certificate of its webhooks outlives an upgrade: a new one at every deployment would replace its pods.
    keepTLSSecret: true,
    // Neither is used, and its role may not do them.
    enableShield: false,
    enableWaf: false,
    enableWafv2: false,
  };
}
