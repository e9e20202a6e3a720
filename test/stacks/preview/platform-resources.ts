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
  /** Name of the template of the pods' claims. */
  readonly claims?: string;
  readonly maxSurge?: number;
  readonly annotations?: Readonly<Record<string, string>>;
};

export function deployment(version: string, fixture: VersionFixture = {}): Resource {
  const { image = "a", replicas = 2, gpus = 1, maxSurge = 1, annotations = {}, claims } = fixture;
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
          ...(claims && { resourceClaims: [{ name: "gpus", resourceClaimTemplateName: claims }] }),
          containers: [{ image, resources: { limits: { "nvidia.com/gpu": String(gpus) } } }],
        },
      },
    },
  });
}

/** Weights by version; proportions, not percent. With `isNew` the names of Services are not known yet. */
export function route(weights: Readonly<Record<string, number>>, isNew = false): Resource {
  const services = Object.keys(weights).map((version) => [`chat-${version.replaceAll(".", "-")}`, version]);
  const backendRefs = Object.values(weights).map((weight, index) => ({
    name: isNew ? "04da6b54-80e4-46f7-96ec-b56ff0331ba9" : services[index]?.[0],
    weight,
  }));
  const annotations = { "rampa.dev/versions": JSON.stringify(Object.fromEntries(services)) };
  return resource("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "chat", {
    metadata: { name: "chat", labels: { "rampa.dev/endpoint": "chat" }, annotations },
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
