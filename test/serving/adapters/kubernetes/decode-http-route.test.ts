// HTTPRoute objects → endpoints: what the Gateway API leaves out, what our annotations add, what is refused.
import { describe, expect, it } from "vitest";
import { decodeHttpRoute } from "../../../../serving/adapters/kubernetes/decode-http-route.ts";

const ref = (name: string, rest: object = {}) => ({
  group: "",
  kind: "Service",
  name,
  port: 8080,
  weight: 50,
  ...rest,
});

const route = (backendRefs: readonly object[], annotations: object = {}) => ({
  metadata: {
    name: "chat",
    namespace: "rampa",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { "rampa.dev/endpoint": "chat" },
    annotations,
  },
  spec: { rules: [{ backendRefs }] },
});

describe("a decoded route", () => {
  it("says which versions a provider serves, and that these have no pods to sleep", () => {
    const decoded = decodeHttpRoute(
      route([ref("chat-1-0-0"), ref("chat-2-0-0")], {
        "rampa.dev/versions": '{"chat-1-0-0":"1.0.0","chat-2-0-0":"2.0.0"}',
        "rampa.dev/sleeping": '["1.0.0","2.0.0"]',
        "rampa.dev/providers": '{"2.0.0":{"provider":"openai","model":"gpt-4.1-mini","later":1}}',
      }),
    );
    const variants = decoded.ok ? decoded.endpoint.variants : [];
    expect(variants.map(({ version, maySleep, external }) => ({ version, maySleep, external }))).toEqual([
      { version: "1.0.0", maySleep: true, external: undefined },
      { version: "2.0.0", maySleep: false, external: { provider: "openai", model: "gpt-4.1-mini" } },
    ]);
  });

  it.each([
    "{",
    '{"2.0.0":"openai"}',
    '{"2.0.0":{"provider":"openai"}}',
    '{"2.0.0":{"provider":"","model":"x"}}',
  ])("is refused with providers that are %s", (text) => {
    const decoded = decodeHttpRoute(route([ref("chat-2-0-0")], { "rampa.dev/providers": text }));
    expect(decoded).toMatchObject({ ok: false, reason: expect.stringContaining("rampa.dev/providers") });
  });

  it("has versions, addresses, weights, stickiness and who may sleep", () => {
    const decoded = decodeHttpRoute(
      route([ref("chat-1-1-0", { weight: 10 }), ref("chat-1-0-0", { weight: 90 })], {
        "rampa.dev/versions": '{"chat-1-0-0":"1.0.0","chat-1-1-0":"1.1.0"}',
        "rampa.dev/sticky-by": "user",
        "rampa.dev/sleeping": '["1.1.0","9.9.9"]',
      }),
    );
    expect(decoded).toEqual({
      ok: true,
      endpoint: {
        name: "chat",
        stickyBy: "user",
        created: 1_767_225_600,
        variants: [
          {
            id: "chat-1-0-0",
            version: "1.0.0",
            weight: 90,
            host: "chat-1-0-0.rampa.svc",
            port: 8080,
            maySleep: false,
          },
          {
            id: "chat-1-1-0",
            version: "1.1.0",
            weight: 10,
            host: "chat-1-1-0.rampa.svc",
            port: 8080,
            maySleep: true,
          },
        ],
      },
    });
  });

  it("takes the Gateway API's defaults and needs none of our annotations", () => {
    const bare = {
      metadata: { name: "m" },
      spec: { rules: [{}, { backendRefs: [{ name: "a", port: 80 }] }] },
    };
    expect(decodeHttpRoute(bare)).toMatchObject({
      ok: true,
      endpoint: {
        name: "m",
        stickyBy: "session",
        created: 0,
        variants: [{ id: "a", version: "a", weight: 1, host: "a.default.svc", maySleep: false }],
      },
    });
  });

  it("takes a full host name or an address as it stands", () => {
    expect(decodeHttpRoute(route([ref("127.0.0.1", { port: 9000 })]))).toMatchObject({
      ok: true,
      endpoint: { variants: [{ id: "127.0.0.1:9000", host: "127.0.0.1", port: 9000 }] },
    });
  });
});

describe("a refused route", () => {
  it.each([
    ["text", "x", "expected object"],
    ["no backends", route([]), "no rule has backendRefs"],
    ["a negative weight", route([ref("a", { weight: -1 })]), "spec.rules.0.backendRefs.0.weight"],
    ["no port", route([ref("a", { port: undefined })]), "spec.rules.0.backendRefs.0.port"],
    ["another kind", route([ref("a", { kind: "InferencePool" })]), "only Services can be backends"],
    ["a backend listed twice", route([ref("a"), ref("a")]), "backend a is listed twice"],
    ["versions that are not JSON", route([ref("a")], { "rampa.dev/versions": "{" }), "not valid JSON"],
    ["sleepers that are not JSON", route([ref("a")], { "rampa.dev/sleeping": "1.0.0" }), "not valid JSON"],
    ["sleepers that are no list", route([ref("a")], { "rampa.dev/sleeping": "{}" }), "rampa.dev/sleeping"],
    ["an unknown stickiness", route([ref("a")], { "rampa.dev/sticky-by": "moon" }), "rampa.dev/sticky-by"],
  ])("with %s says why", (_name, object, reason) => {
    const decoded = decodeHttpRoute(object);
    expect(decoded.ok ? "" : decoded.reason).toContain(reason);
  });
});
