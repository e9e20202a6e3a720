// A version that a provider serves: one Service in front of the gateway, with what people and policies look for.
import { Provider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import { externalVersion } from "../../../components/serving/external.args.ts";
import { ExternalVersion } from "../../../components/serving/external.ts";
import { ConfigError } from "../../../serving/contract/config-error.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const card = {
  url: "https://example.com/card",
  licence: "LicenseRef-terms",
  approval: { by: "ml", on: "2026-01-01" },
};
const args = {
  ownership,
  endpoint: "chat",
  version: "2.0.0",
  provider: "openai",
  model: "gpt-4.1-mini",
  card,
  refs: { namespace: "rampa" },
};
const record = (change: object = {}) =>
  recordResources(
    () => {
      const providers = [new Provider("kubernetes")];
      new ExternalVersion("chat-2-0-0", { ...args, ...change }, { providers });
    },
    {
      stack: "local",
      project: "rampa",
    },
  );

describe("ExternalVersion", () => {
  it("is one Service that leads to the gateway's pods", async () => {
    const resources = (await record()).filter(({ name }) => name !== "kubernetes");
    expect(resources.map(({ type, name }) => [type, name])).toEqual([
      ["rampa:serving:ExternalVersion", "chat-2-0-0"],
      ["kubernetes:core/v1:Service", "chat-2-0-0-service"],
    ]);
    expect(resources[1]?.props).toMatchObject({
      metadata: {
        name: "chat-2-0-0",
        namespace: "rampa",
        labels: {
          ...ownedLabels("external-model", "chat-2-0-0"),
          "rampa.dev/endpoint": "chat",
          "app.kubernetes.io/version": "2.0.0",
        },
        annotations: {
          "rampa.dev/provider": "openai",
          "rampa.dev/provider-model": "gpt-4.1-mini",
          "rampa.dev/model-card": "https://example.com/card",
          "rampa.dev/approved-by": "ml",
        },
      },
      spec: {
        type: "ClusterIP",
        selector: { "app.kubernetes.io/name": "gateway", "app.kubernetes.io/instance": "gateway" },
        ports: [{ name: "http", port: 8080, targetPort: "http" }],
      },
    });
  });

  it("takes changes to its Service", async () => {
    const override = { service: { metadata: { annotations: { "example.com/team": "search" } } } };
    const resources = await record({ override });
    expect(resources.at(-1)?.props.metadata).toMatchObject({
      annotations: { "example.com/team": "search", "rampa.dev/provider": "openai" },
    });
  });

  it("refuses every wrong setting at once, before anything is created", () => {
    expect(() => new ExternalVersion("x", { ...args, provider: "Open AI", model: "", version: "2" })).toThrow(
      ConfigError,
    );
  });
});

describe("a provider's version in a stack file", () => {
  it.each([
    [{ model: "gpt 4" }],
    [{ model: "a\nb" }],
    [{ provider: undefined }],
    [{ replicas: 2 }],
    [{ baseUrl: "https://api.example.com" }],
  ])("may not have %j", (change) => {
    const version = { engine: "external", provider: "openai", model: "gpt-4.1-mini", ...change };
    expect(externalVersion.safeParse(version).success).toBe(false);
  });
});
