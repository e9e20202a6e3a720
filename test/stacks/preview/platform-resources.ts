// Resources of a small platform as a preview sees them: an endpoint with two versions on a pool of GPUs.
import type { Resource } from "../../../stacks/preview/resource.ts";

export const resource = (type: string, name: string, props: Resource["props"]): Resource => ({
  type,
  urn: `urn:pulumi:prod::rampa::${type}::${name}`,
  props,
});

export type VersionFixture = {
  readonly image?: string;
  readonly replicas?: number;
  readonly gpus?: number;
  readonly maxSurge?: number;
  readonly annotations?: Readonly<Record<string, string>>;
};

export function deployment(version: string, fixture: VersionFixture = {}): Resource {
  const { image = "a", replicas = 2, gpus = 1, maxSurge = 1, annotations = {} } = fixture;
  const name = `chat-${version.replaceAll(".", "-")}`;
  return resource("kubernetes:apps/v1:Deployment", name, {
    metadata: {
      name,
      labels: {
        "rampa.dev/endpoint": "chat",
        "app.kubernetes.io/version": version,
        "rampa.dev/environment": "prod",
      },
    },
    spec: {
      replicas,
      strategy: { rollingUpdate: { maxSurge, maxUnavailable: 0 } },
      template: {
        metadata: { annotations },
        spec: {
          nodeSelector: { "rampa.dev/pool": "l4" },
          containers: [{ image, resources: { limits: { "nvidia.com/gpu": String(gpus) } } }],
        },
      },
    },
  });
}

/** Weights by version; proportions, not percent. */
export function route(weights: Readonly<Record<string, number>>): Resource {
  const backendRefs = Object.entries(weights).map(([version, weight]) => ({
    name: `chat-${version.replaceAll(".", "-")}`,
    weight,
  }));
  return resource("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "chat", {
    metadata: { name: "chat", labels: { "rampa.dev/endpoint": "chat" } },
    spec: { rules: [{ backendRefs }] },
  });
}

export function nodeGroup(maxSize: number): Resource {
  return resource("aws:eks/nodeGroup:NodeGroup", "l4", {
    labels: { "rampa.dev/pool": "l4" },
    instanceTypes: ["g6.xlarge"],
    scalingConfig: { minSize: 0, maxSize },
  });
}
