// GatewayDefinitions: the standard kinds of one version, which stay when the stack goes.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { expect, it } from "vitest";
import { GatewayDefinitions } from "../../../components/ingress/gateway-definitions.ts";
import { judgeRules } from "../../../policies/harness/judge-rules.ts";
import { packRules } from "../../../policies/pack-rules.ts";
import { recordResources } from "../../kit/record-resources.ts";

it("installs the standard channel of one exact version, and leaves it when the stack goes", async () => {
  const override = { release: { timeout: 60 } };
  const resources = await recordResources(
    () => new GatewayDefinitions("gateway-api", { override }, { providers: [new KubernetesProvider("k8s")] }),
    { stack: "prod", project: "rampa" },
  );
  const release = resources.find(({ name }) => name === "gateway-api-release");
  expect(release?.props).toMatchObject({
    chart: "oci://docker.io/envoyproxy/gateway-crds-helm",
    version: "v1.8.2",
    timeout: 60,
    values: {
      crds: { gatewayAPI: { enabled: true, channel: "standard" }, envoyGateway: { enabled: false } },
    },
  });
  expect(release?.retainOnDelete).toBe(true);
  expect(judgeRules(packRules, resources)).toEqual([]);
});
