// Names of Kubernetes objects: known before anything exists, and still tied to the object.
import { Namespace, Service } from "@pulumi/kubernetes/core/v1/index.js";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { output } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { named } from "../../../components/kit/named.ts";
import { recordResources, UNKNOWN } from "../../kit/record-resources.ts";

const record = (metadata: { name?: string }) =>
  recordResources(
    () => {
      const provider = new KubernetesProvider("k8s");
      const namespace = named(Namespace, "space", { metadata: output(metadata) }, { provider });
      new Service("service", { metadata: { namespace } }, { provider });
    },
    {
      stack: "dev",
      project: "rampa",
      preview: true,
      computed: { "kubernetes:core/v1:Namespace": { metadata: {} } },
    },
  );

describe("named", () => {
  it("gives the name before the object exists, and makes others wait for it", async () => {
    const [, space, service] = await record({ name: "apps" });
    expect(service?.props.metadata).toEqual({ namespace: "apps" });
    expect(service?.dependencies).toEqual([space?.urn]);
  });

  it("gives the name that the cluster chose where there was none", async () => {
    const [, , service] = await record({});
    expect(service?.props.metadata).toEqual({ namespace: UNKNOWN });
  });
});
