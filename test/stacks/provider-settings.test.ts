// Providers in a stack file: what is refused, that no key ever shows, and what the platform makes of them.

import { runtime } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { judgeRules } from "../../policies/harness/judge-rules.ts";
import { packRules } from "../../policies/pack-rules.ts";
import { ConfigError } from "../../serving/contract/config-error.ts";
import { plannedProviderKeys, readProviderKeys } from "../../stacks/provider-settings.ts";
import { parseStackSettings, readStackSettings, type StackSettings } from "../../stacks/settings.ts";
import { onNamedCluster, planStack } from "../kit/plan-stack.ts";
import { type RecordedResource, recordResources } from "../kit/record-resources.ts";

const KEY = "sk-planted-provider-key";
const openai = { baseUrl: "https://api.openai.com/v1", key: { from: "config" } };
const vllm = {
  baseUrl: "https://vllm.example.internal:8443/v1",
  addresses: ["10.20.0.0/16"],
  key: { from: "secret", name: "vllm-key", field: "token" },
};
const card = {
  url: "https://example.com/card",
  licence: "LicenseRef-terms",
  approval: { by: "ml", on: "2026-01-01" },
};
const external = { engine: "external", provider: "openai", model: "gpt-4.1-mini", card };
const own = {
  engine: "llama",
  artefact: { source: "hf:org/repo@main/model.gguf", sha256: "ab".repeat(32) },
};
const good = {
  "rampa:environment": "local",
  "rampa:owner": "search-team",
  "rampa:costCenter": "search",
  "rampa:providers": { openai, vllm },
  "rampa:providerKeys": { openai: { secure: "v1:encrypted" } },
  "rampa:endpoints": {
    chat: { versions: { "1.0.0": own, "2.0.0": external }, weights: { "1.0.0": 90, "2.0.0": 10 } },
  },
};

function problemsOf(change: object): string[] {
  try {
    parseStackSettings({ ...good, ...change }, "local");
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map((it) => `${it.path}: got ${it.got}, want ${it.want}`);
    throw error;
  }
  return [];
}

const SET = "`pulumi config set --secret --path 'rampa:providerKeys.NAME'`";

describe("providers of a stack", () => {
  it("are taken with keys from the stack's secrets and from Secrets, and versions of them kept apart", () => {
    const settings = parseStackSettings(good, "local");
    expect(Object.keys(settings.endpoints.chat?.versions ?? {})).toEqual(["1.0.0"]);
    expect(settings.endpoints.chat?.external).toEqual({ "2.0.0": external });
    expect(JSON.stringify(settings)).not.toContain("encrypted");
  });

  it("serve in prod what somebody approved, as own versions do", () => {
    const { card: _, ...unapproved } = external;
    const chat = { versions: { "1.0.0": { ...own, card }, "2.0.0": unapproved }, weights: { "1.0.0": 100 } };
    const change = {
      "rampa:environment": "prod",
      "rampa:image": {
        repository: "registry.example.com/x",
        allowedRegistries: ["registry.example.com"],
        digest: `sha256:${"1".repeat(64)}`,
      },
      "rampa:endpoints": { chat },
    };
    expect(problemsOf(change)).toEqual([
      "rampa:endpoints.chat.versions.2.0.0.card: got nothing, want a model card and who approved the version, as the environment is prod",
    ]);
  });

  it.each([
    [
      { "rampa:providers": { vllm } },
      [
        'rampa:endpoints.chat.versions.2.0.0.provider: got "openai", want a provider of `rampa:providers`: vllm',
        'rampa:providerKeys.openai: got {"secure":""}, want no key, or a provider openai with `key: { from: config }`',
      ],
    ],
    [
      { "rampa:providerKeys": {} },
      [`rampa:providers.openai.key.from: got "config", want a key, set by ${SET.replace("NAME", "openai")}`],
    ],
    [
      {
        "rampa:providers": { openai: { ...openai, key: { from: "secretsManager" } } },
        "rampa:providerKeys": {},
      },
      [
        'rampa:providers.openai.key.from: got "secretsManager", want "config" or "secret", as the cluster is not the stack\'s own',
      ],
    ],
    [
      { "rampa:providerKeys": { openai: KEY } },
      [`rampa:providerKeys.openai: got "a value in clear", want a secret, set by ${SET}`],
    ],
    [
      { "rampa:providerKeys": { openai: { [KEY]: KEY } } },
      [`rampa:providerKeys.openai: got "a value in clear", want a secret, set by ${SET}`],
    ],
    [
      { "rampa:providerKeys": KEY },
      ['rampa:providerKeys: got "a value in clear", want a mapping of names to values'],
    ],
    [
      { "rampa:providers": { openai: { ...openai, baseUrl: "https://169.254.169.254/v1" } } },
      [
        'rampa:providers.openai.baseUrl: got "https://169.254.169.254/v1", want a public address, or `addresses` that hold it',
      ],
    ],
    [
      { "rampa:providers": { openai: { ...openai, baseUrl: "http://api.openai.com/v1" } } },
      [
        'rampa:providers.openai.baseUrl: got "http://api.openai.com/v1", want an https URL; `http` only without a key and with `addresses`',
      ],
    ],
  ])("are refused: %j", (change, problems) => {
    const found = problemsOf(change);
    expect(found).toEqual(problems);
    expect(found.join()).not.toContain(KEY);
  });
});

describe("the keys of a stack that runs", () => {
  it("arrive decrypted, are secret, and are no part of its settings", async () => {
    const held: { settings?: StackSettings; names?: readonly string[]; secret?: boolean } = {};
    await recordResources(
      async () => {
        const config = { ...good, "rampa:providerKeys": { openai: KEY } };
        const texts = Object.entries(config).map(([key, value]) => [
          key,
          typeof value === "string" ? value : JSON.stringify(value),
        ]);
        runtime.setAllConfig(Object.fromEntries(texts));
        held.settings = readStackSettings();
        const keys = readProviderKeys();
        held.names = Object.keys(keys);
        held.secret = await Reflect.get(keys.openai ?? {}, "isSecret");
        runtime.setAllConfig({});
      },
      { stack: "local", project: "rampa" },
    );
    expect(held).toMatchObject({ names: ["openai"], secret: true });
    expect(JSON.stringify(held.settings)).not.toContain(KEY);
  });

  it("are stood in for by others where it only plans", () => {
    const { providers } = parseStackSettings(good, "local");
    expect(Object.keys(plannedProviderKeys(providers))).toEqual(["openai"]);
  });
});

describe("a stack with a provider's version", () => {
  const parsed = parseStackSettings(good, "local");
  const withExternal = (settings: StackSettings): StackSettings => {
    const chat = settings.endpoints.chat;
    if (chat === undefined) throw new Error("no endpoint chat");
    const weights = { "1.0.0": 90, "2.0.0": 10 };
    const { "1.0.0": first } = chat.versions;
    const versions = first === undefined ? {} : { "1.0.0": first };
    const endpoint = { ...chat, versions, external: parsed.endpoints.chat?.external ?? {}, weights };
    return { ...onNamedCluster(settings), providers: parsed.providers, endpoints: { chat: endpoint } };
  };
  const find = (resources: readonly RecordedResource[], name: string): RecordedResource => {
    const found = resources.find((it) => it.name === name);
    if (found === undefined) throw new Error(`no resource ${name}`);
    return found;
  };

  it.each(["local", "prod"])(
    "%s breaks no rule, and its key is a Secret that only the gateway mounts",
    async (stack) => {
      const { resources, outputs } = await planStack(stack, { change: withExternal });
      const config = { "gpu-budget-ceiling": { enforcementLevel: "disabled" as const } };
      expect(judgeRules(packRules, resources, { config })).toEqual([]);
      const key = find(resources, "gateway-provider-openai");
      expect(key.props).toMatchObject({ metadata: { name: "provider-openai" }, type: "Opaque" });
      const mounts = resources.filter((it) => JSON.stringify(it.props).includes('"provider-openai"'));
      expect(mounts.map(({ name }) => name).toSorted()).toEqual([
        "gateway-deployment",
        "gateway-provider-openai",
      ]);
      expect(outputs.endpoints[0]?.versions).toEqual([
        { version: "1.0.0", weight: 90 },
        { version: "2.0.0", weight: 10 },
      ]);
    },
  );

  it("has the gateway before the version's Service, and that before the route", async () => {
    const { resources } = await planStack("local", { change: withExternal });
    const service = find(resources, "chat-2-0-0-service");
    expect(service.props.spec).toMatchObject({
      selector: { "app.kubernetes.io/name": "gateway", "app.kubernetes.io/instance": "gateway" },
      ports: [{ port: 8080 }],
    });
    const route = find(resources, "chat-canary-route");
    expect(route.dependencies.map((urn) => urn.split("::").at(-1))).toContain("chat-2-0-0-service");
    expect(resources.some(({ name }) => name === "chat-2-0-0-deployment")).toBe(false);
  });

  it("opens the network of the gateway's pods to the providers, and of no others", async () => {
    const { resources } = await planStack("local", { change: withExternal });
    const { props } = find(resources, "isolation-allow-gateway-to-providers");
    expect(props).toMatchObject({
      metadata: {
        annotations: {
          "rampa.dev/egress-reason":
            "the addresses of openai change; the gateway calls no name but theirs, and verifies their certificates",
        },
      },
      spec: {
        podSelector: { matchLabels: { "app.kubernetes.io/component": "gateway" } },
        policyTypes: ["Egress"],
        egress: [
          {
            ports: [{ protocol: "TCP", port: 443 }],
            to: [
              {
                ipBlock: {
                  cidr: "0.0.0.0/0",
                  except: expect.arrayContaining(["10.0.0.0/8", "169.254.0.0/16"]),
                },
              },
            ],
          },
          { ports: [{ protocol: "TCP", port: 8443 }], to: [{ ipBlock: { cidr: "10.20.0.0/16" } }] },
        ],
      },
    });
  });
});
