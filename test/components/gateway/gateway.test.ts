// Gateway: configuration the runtime accepts, an update that loses no pod, and a way in of the wanted kind.
import { describe, expect, it } from "vitest";
import { type GatewaySettings, gatewaySettings } from "../../../components/gateway/gateway.args.ts";
import * as manifests from "../../../components/gateway/gateway.manifests.ts";
import { planGateway } from "../../../components/gateway/gateway.plan.ts";
import { runtimeConfig } from "../../../serving/contract/runtime-config.ts";
import { ownership } from "../../kit/component-owner.ts";

const refs = {
  namespace: "rampa",
  image: "rampa.local/serving@sha256:1",
  serviceAccount: "gateway",
  priorityClass: "rampa-gateway",
  keysSecret: "gateway-keys",
  keysChecksum: "0123",
  config: "gateway-config",
};

const settingsOf = (change: object = {}): GatewaySettings =>
  gatewaySettings.parse({ ownership, namespace: "rampa", ...change });

describe("planGateway", () => {
  it("writes configuration that the runtime accepts", () => {
    const { config } = planGateway(settingsOf({ timeouts: { firstByteMs: 45_000 } }));
    expect(runtimeConfig.parse(JSON.parse(config.data["config.json"] ?? ""))).toMatchObject({
      role: "gateway",
      keysFile: "/etc/rampa/keys/keys.json",
      routes: { from: "kubernetes", namespace: "rampa" },
      timeouts: { firstByteMs: 45_000, connectMs: 5_000 },
    });
  });

  it("leaves how requests are held to the runtime, unless told", () => {
    const holdOf = (change: object): unknown => {
      const { config } = planGateway(settingsOf(change));
      const written = JSON.parse(config.data["config.json"] ?? "");
      runtimeConfig.parse(written);
      return written.hold;
    };
    expect(holdOf({})).toBeUndefined();
    expect(holdOf({ hold: { ms: 20_000 } })).toEqual({ requests: 1_000, bytes: 67_108_864, ms: 20_000 });
  });
});

describe("gateway manifests", () => {
  it("runs two pods, replaced without losing one, with the token that watching routes needs", () => {
    const plan = planGateway(settingsOf());
    expect(manifests.gatewayDeploymentArgs(plan, refs)).toMatchObject({
      metadata: { name: "gateway", namespace: "rampa" },
      spec: {
        replicas: 2,
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: {
            annotations: {
              "rampa.dev/config-checksum": plan.config.checksum,
              "rampa.dev/keys-checksum": "0123",
            },
          },
          spec: {
            serviceAccountName: "gateway",
            automountServiceAccountToken: true,
            priorityClassName: "rampa-gateway",
            terminationGracePeriodSeconds: 75,
            volumes: [
              { name: "config", configMap: { name: "gateway-config" } },
              { name: "keys", secret: { secretName: "gateway-keys" } },
              { name: "tmp" },
            ],
          },
        },
      },
    });
  });

  it("is reached inside the cluster only, unless a node port is asked for", () => {
    const port = { name: "http", port: 8080, targetPort: "http", protocol: "TCP", appProtocol: "http" };
    const spec = (change: object) =>
      manifests.gatewayServiceArgs(planGateway(settingsOf(change)), "rampa").spec;
    expect(spec({})).toMatchObject({ type: "ClusterIP", ports: [port] });
    expect(spec({ service: { kind: "nodePort" } })).toMatchObject({
      type: "NodePort",
      ports: [{ ...port, nodePort: 30_080 }],
    });
  });

  it("takes routes of its own namespace only", () => {
    const args = manifests.gatewayArgs(planGateway(settingsOf()), { namespace: "rampa", className: "rampa" });
    expect(args).toMatchObject({
      kind: "Gateway",
      metadata: { name: "rampa", namespace: "rampa" },
      spec: {
        gatewayClassName: "rampa",
        listeners: [
          { name: "http", protocol: "HTTP", port: 8080, allowedRoutes: { namespaces: { from: "Same" } } },
        ],
      },
    });
  });

  it.each([
    { replicas: 0 },
    { service: { kind: "nodePort", port: 8080 } },
    { service: { kind: "loadBalancer" } },
    { timeouts: { firstByteMs: -1 } },
    { hold: { requests: -1 } },
    { rollout: { maxSurge: 0, maxUnavailable: 0 } },
  ])("refuses %j", (change) => {
    expect(gatewaySettings.safeParse({ ownership, namespace: "rampa", ...change }).success).toBe(false);
  });
});
