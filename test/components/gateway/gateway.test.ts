// Gateway: configuration the runtime accepts, an update that loses no pod, and a way in of the wanted kind.
import { Provider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import { type GatewaySettings, gatewaySettings } from "../../../components/gateway/gateway.args.ts";
import * as manifests from "../../../components/gateway/gateway.manifests.ts";
import { planGateway } from "../../../components/gateway/gateway.plan.ts";
import { AiGateway } from "../../../components/gateway/gateway.ts";
import { runtimeConfig } from "../../../serving/contract/runtime-config.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

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

describe("providers of the gateway", () => {
  const providers = {
    openai: { baseUrl: "https://api.openai.com/v1", key: { from: "config" } },
    azure: {
      baseUrl: "https://res.openai.azure.com/openai/v1",
      key: { from: "secretsManager" },
      keyHeader: "api-key",
    },
    vllm: {
      baseUrl: "https://vllm.internal:8443/v1",
      addresses: ["10.20.0.0/16"],
      key: { from: "secret", name: "vllm-key", field: "token" },
    },
    ollama: {
      baseUrl: "http://ollama.internal:11434/v1",
      addresses: ["10.30.0.0/16"],
      key: { from: "none" },
    },
  };

  it("stand in the configuration that the runtime accepts, with files instead of keys", () => {
    const { config } = planGateway(settingsOf({ providers }));
    const file = (name: string) => `/etc/rampa/providers/${name}`;
    expect(runtimeConfig.parse(JSON.parse(config.data["config.json"] ?? ""))).toMatchObject({
      providers: {
        openai: {
          baseUrl: "https://api.openai.com/v1",
          key: { file: file("openai"), header: "authorization" },
          concurrency: 64,
        },
        azure: { key: { file: file("azure"), header: "api-key" } },
        vllm: { addresses: ["10.20.0.0/16"], key: { file: file("vllm") } },
        ollama: { baseUrl: "http://ollama.internal:11434/v1", headers: {} },
      },
    });
  });

  it("change nothing about a gateway without any", () => {
    const plan = planGateway(settingsOf());
    expect(plan.config.data["config.json"]).not.toContain("providers");
    expect(JSON.stringify(manifests.gatewayDeploymentArgs(plan, refs))).not.toContain("providers");
  });

  it("have their keys in one volume that a missing Secret does not keep from mounting, and no checksum", () => {
    const args = manifests.gatewayDeploymentArgs(planGateway(settingsOf({ providers })), refs);
    const source = (name: string, key: string, path: string) => ({
      secret: { name, items: [{ key, path }], optional: true },
    });
    expect(args.spec).toMatchObject({
      template: {
        spec: {
          volumes: expect.arrayContaining([
            {
              name: "providers",
              projected: {
                sources: [
                  source("provider-openai", "api-key", "openai"),
                  source("provider-azure", "api-key", "azure"),
                  source("vllm-key", "token", "vllm"),
                ],
              },
            },
          ]),
          containers: [
            {
              volumeMounts: expect.arrayContaining([
                { name: "providers", mountPath: "/etc/rampa/providers", readOnly: true },
              ]),
            },
          ],
        },
      },
    });
    const template = JSON.stringify(args.spec);
    expect(template.match(/checksum/g)).toHaveLength(2);
  });

  it("have their Secret made where the key is the stack's, from a value that stays secret", async () => {
    const resources = await recordResources(
      () =>
        void new AiGateway(
          "gateway",
          { ...settingsOf({ providers }), refs: { ...refs, providerKeys: { openai: "sk-planted" } } },
          { providers: [new Provider("kubernetes")] },
        ),
      { stack: "local", project: "rampa" },
    );
    const secrets = resources.filter(({ type }) => type === "kubernetes:core/v1:Secret");
    expect(secrets.map(({ name }) => name)).toEqual(["gateway-provider-openai"]);
    expect(secrets[0]?.props).toMatchObject({ stringData: { "api-key": "sk-planted" } });
    expect(secrets[0]?.secretPaths).toEqual(["stringData"]);
  });

  it.each([
    [{ baseUrl: "https://localhost/v1", key: { from: "none" } }, "providers.x.baseUrl"],
    [{ baseUrl: "https://api.example.com/v1" }, "providers.x.key"],
    [{ baseUrl: "https://api.example.com/v1", key: { from: "secret" } }, "providers.x.key.name"],
    [
      { baseUrl: "https://api.example.com/v1", key: { from: "none" }, headers: { cookie: "x" } },
      "providers.x.headers.cookie",
    ],
  ])("are refused as %j", (x, path) => {
    const { error } = gatewaySettings.safeParse({ ownership, namespace: "rampa", providers: { x } });
    expect(error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });
});
