// The fields that the load balancer controller's own kinds take, as its definitions of version 3.4 have them.
import { z } from "zod";

const attributes = z.array(z.strictObject({ key: z.string(), value: z.string() }));
const metadata = z.looseObject({ name: z.string(), namespace: z.string() });

export const loadBalancerConfiguration = z.strictObject({
  apiVersion: z.literal("gateway.k8s.aws/v1beta1"),
  kind: z.literal("LoadBalancerConfiguration"),
  metadata,
  spec: z.strictObject({
    scheme: z.enum(["internal", "internet-facing"]),
    ipAddressType: z.enum(["ipv4", "dualstack", "dualstack-without-public-ipv4"]),
    loadBalancerSubnets: z.array(z.strictObject({ identifier: z.string() })),
    sourceRanges: z.array(z.string()),
    loadBalancerAttributes: attributes,
    listenerConfigurations: z.array(
      z.strictObject({
        protocolPort: z.string().regex(/^(HTTP|HTTPS):\d+$/),
        defaultCertificate: z.string(),
        sslPolicy: z.string(),
      }),
    ),
  }),
});

export const targetGroupConfiguration = z.strictObject({
  apiVersion: z.literal("gateway.k8s.aws/v1beta1"),
  kind: z.literal("TargetGroupConfiguration"),
  metadata,
  spec: z.strictObject({
    targetReference: z.strictObject({ group: z.string(), kind: z.string(), name: z.string() }),
    defaultConfiguration: z.strictObject({
      targetType: z.enum(["instance", "ip"]),
      protocol: z.enum(["HTTP", "HTTPS"]),
      protocolVersion: z.enum(["HTTP1", "HTTP2", "GRPC"]),
      healthCheckConfig: z.strictObject({
        healthCheckPath: z.string(),
        healthCheckProtocol: z.enum(["HTTP", "HTTPS", "TCP"]),
        healthCheckInterval: z.int(),
        healthCheckTimeout: z.int(),
        healthyThresholdCount: z.int(),
        unhealthyThresholdCount: z.int(),
        matcher: z.strictObject({ httpCode: z.string() }),
      }),
      targetGroupAttributes: attributes,
    }),
  }),
});
