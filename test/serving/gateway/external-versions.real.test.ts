// Versions of a provider with real parts: a real model behind Envoy's TLS, and Envoy as another data plane of our route.
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canarySettings } from "../../../components/canary/canary.args.ts";
import { httpRouteArgs } from "../../../components/canary/canary.manifests.ts";
import { planCanary } from "../../../components/canary/canary.plan.ts";
import { ownership } from "../../kit/component-owner.ts";
import { selfSigned } from "../../kit/self-signed.ts";
import { type ModelServer, realWeights, startModelServer } from "../model/model-server.ts";
import { type Envoy, startEnvoy } from "./envoy.ts";
import {
  type Fixture,
  httpRoute,
  KEY,
  requestLine,
  startFixture,
  startUpstream,
  type Upstream,
  until,
} from "./fixture.ts";

const PROVIDER_KEY = "sk-planted-provider-key";
const MODEL = "gemma-270m";
const NAME = "localhost";
const external = { provider: "gemma", model: MODEL };
const messages = [{ role: "user" as const, content: "The capital of France is" }];
const ASKED = { messages, max_completion_tokens: 12, temperature: 0 } as const;

let server: ModelServer;
let front: Envoy;
let own: Upstream;
let fixture: Fixture;
let authority: string;

beforeAll(async () => {
  await realWeights();
  server = await startModelServer({ endpoint: MODEL });
  const tls = await selfSigned(NAME);
  authority = tls.cert;
  front = await startEnvoy({
    clusters: { model: Number(new URL(server.origin).port) },
    tls: { ...tls, servername: NAME },
    routes: [
      {
        match: {
          prefix: "/openai/v1/",
          headers: [{ name: "authorization", string_match: { exact: `Bearer ${PROVIDER_KEY}` } }],
        },
        route: { cluster: "model", prefix_rewrite: "/v1/", timeout: "120s" },
      },
      {
        match: { prefix: "/" },
        direct_response: { status: 401, body: { inline_string: "planted refusal" } },
      },
    ],
  });
  own = await startUpstream();
  fixture = await startFixture({
    routes: [
      httpRoute("chat", [
        { version: "1.0.0", port: own.port, weight: 90 },
        { version: "2.0.0", port: 9, weight: 10, external },
      ]),
      httpRoute("assistant", [{ version: "1.0.0", port: 9, weight: 100, external }]),
    ],
    providers: {
      gemma: {
        baseUrl: `https://${NAME}:${front.port}/openai/v1`,
        addresses: ["127.0.0.0/8"],
        authority,
        key: { file: "gemma-key" },
      },
    },
  });
  fixture.setFile("gemma-key", PROVIDER_KEY);
  await until(async () => (await fixture.log()).includes("provider key loaded"));
}, 20 * 60_000);
afterAll(async () => {
  await fixture?.stop();
  await front?.stop();
  await own?.close();
  await server?.stop();
});

const clientOf = (baseURL: string, apiKey: string) => new OpenAI({ baseURL, apiKey, maxRetries: 0 });

describe("a real model behind a real TLS front", () => {
  it("answers the official client as it answers without the gateway", async () => {
    const direct = await clientOf(`${server.origin}/v1`, "unused").chat.completions.create({
      model: MODEL,
      ...ASKED,
    });
    const client = clientOf(`${fixture.url}/v1`, KEY);
    const through = await client.chat.completions.create({ model: "assistant", ...ASKED });
    expect(through.choices[0]?.message.content).toBe(direct.choices[0]?.message.content);
    expect(through.usage).toMatchObject({ completion_tokens: direct.usage?.completion_tokens });
    expect(through.model).toBe(MODEL);
    expect(await requestLine(fixture)).toMatchObject({
      provider: "gemma",
      providerModel: MODEL,
      outcome: "ok",
      tokensOut: direct.usage?.completion_tokens,
    });
  });

  it("streams token by token, its usage known to the log and hidden from a caller who did not ask", async () => {
    const client = clientOf(`${fixture.url}/v1`, KEY);
    const stream = await client.chat.completions.create({ model: "assistant", ...ASKED, stream: true });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map((it) => it.choices[0]?.delta.content ?? "").join("")).not.toBe("");
    expect(chunks.filter((it) => it.choices[0]?.delta.content).length).toBeGreaterThan(3);
    expect(chunks.some((it) => "usage" in it)).toBe(false);
    const last = async () =>
      (await fixture.log())
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .at(-1);
    await until(async () => (await last()).msg === "request" && (await last()).ttftMs !== undefined);
    expect(await last()).toMatchObject({ provider: "gemma", outcome: "ok", tokensOut: 12 });
  });

  it("is refused by the front without the platform's key, and the caller never learns how", async () => {
    const caller = await fetch(`${fixture.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${PROVIDER_KEY}` },
      body: "{}",
    });
    expect(caller.status).toBe(401);
    fixture.setFile("gemma-key", "sk-wrong");
    const client = clientOf(`${fixture.url}/v1`, KEY);
    const ask = () =>
      client.chat.completions.create({ model: "assistant", ...ASKED }).catch((error) => error);
    await until(async () => (await ask()).code === "provider_key_refused");
    expect(String(await ask())).not.toContain("planted");
    fixture.setFile("gemma-key", PROVIDER_KEY);
    await until(async () => (await ask()).choices?.length === 1);
  });
});

/** What an implementation of the Gateway API makes of a rule: weights, and the filters of each backend. */
function toWeightedClusters(route: ReturnType<typeof httpRouteArgs>): object {
  const { rules } = JSON.parse(JSON.stringify(route.spec));
  const [{ backendRefs, matches }] = rules;
  return {
    match: {
      prefix: matches[0].path.value,
      headers: [{ name: matches[0].headers[0].name, string_match: { exact: matches[0].headers[0].value } }],
    },
    route: {
      timeout: "120s",
      weighted_clusters: {
        clusters: backendRefs.map((ref: BackendRef) => ({
          name: ref.name,
          weight: ref.weight,
          request_headers_to_add: (ref.filters ?? [])
            .flatMap(({ requestHeaderModifier }) => requestHeaderModifier.set)
            .map(({ name, value }) => ({
              header: { key: name, value },
              append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
            })),
        })),
      },
    },
  };
}

type BackendRef = {
  readonly name: string;
  readonly weight: number;
  readonly filters?: readonly {
    readonly requestHeaderModifier: {
      readonly set: readonly { readonly name: string; readonly value: string }[];
    };
  }[];
};

describe("another data plane that obeys the same route", () => {
  it("splits by its weights, and reaches the provider through our gateway, which holds the key", async () => {
    const settings = canarySettings.parse({
      ownership,
      endpoint: "chat",
      versions: ["1.0.0", "2.0.0"],
      weights: { "1.0.0": 80, "2.0.0": 20 },
      external: { "2.0.0": external },
    });
    const services = { "1.0.0": "chat-1-0-0", "2.0.0": "chat-2-0-0" };
    const route = httpRouteArgs(planCanary(settings), { namespace: "rampa", gateway: "other", services });
    const plane = await startEnvoy({
      // The Service of the provider's version selects the gateway's pods.
      clusters: { "chat-1-0-0": own.port, "chat-2-0-0": Number(new URL(fixture.url).port) },
      routes: [toWeightedClusters(route)],
    });
    const before = own.seen.length;
    const byVersion = new Map<string | null, number>();
    for (let count = 0; count < 60; count += 1) {
      const response = await fetch(`http://127.0.0.1:${plane.port}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}`, "x-rampa-endpoint": "chat" },
        body: JSON.stringify({ model: "chat", messages, max_completion_tokens: 1 }),
      });
      expect(response.status).toBe(200);
      await response.text();
      const version = response.headers.get("x-rampa-version");
      byVersion.set(version, (byVersion.get(version) ?? 0) + 1);
    }
    await plane.stop();
    const direct = own.seen.length - before;
    expect(byVersion).toEqual(
      new Map([
        [null, direct],
        ["2.0.0", 60 - direct],
      ]),
    );
    // 60 draws of 20 %: within four standard deviations.
    expect(60 - direct).toBeGreaterThan(0);
    expect(60 - direct).toBeLessThan(25);
  });
});
