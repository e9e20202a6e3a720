// Static canary: weights are checked against the versions, and become one list of backends.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canarySettings, findWeightProblems } from "../../../components/canary/canary.args.ts";
import { httpRouteArgs } from "../../../components/canary/canary.manifests.ts";
import { planCanary } from "../../../components/canary/canary.plan.ts";
import { StaticCanary } from "../../../components/canary/canary.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";

const settings = {
  ownership,
  endpoint: "chat",
  versions: ["1.1.0", "1.0.0"],
  weights: { "1.1.0": 10, "1.0.0": 90 },
  stickyBy: "session" as const,
  sleeping: [],
  external: {},
};

/** Whole percentages of any number of versions that sum to 100. */
const shares = fc
  .array(fc.nat(100), { minLength: 1, maxLength: 15 })
  .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 100])
  .map((edges) => edges.slice(1).map((edge, index) => edge - (edges[index] ?? 0)));

describe("planCanary", () => {
  it("lists the backends by version, whatever the order of the settings", () => {
    expect(planCanary(settings)).toEqual({
      endpoint: "chat",
      labels: ownedLabels("route", "chat"),
      backends: [
        { version: "1.0.0", weight: 90 },
        { version: "1.1.0", weight: 10 },
      ],
      stickyBy: "session",
      sleeping: [],
    });
  });

  it("keeps a version without a weight in the list with 0", () => {
    const plan = planCanary({ ...settings, weights: { "1.0.0": 100 } });
    expect(plan.backends).toEqual([
      { version: "1.0.0", weight: 100 },
      { version: "1.1.0", weight: 0 },
    ]);
  });

  it("accepts any weights that sum to 100, and passes every one of them on", () => {
    fc.assert(
      fc.property(shares, (parts) => {
        const weights = Object.fromEntries(parts.map((share, index) => [`1.${index}.0`, share]));
        const parsed = canarySettings.parse({ ...settings, versions: Object.keys(weights), weights });
        const { backends } = planCanary(parsed);
        expect(Object.fromEntries(backends.map((it) => [it.version, it.weight]))).toEqual(weights);
        expect(backends.reduce((sum, it) => sum + it.weight, 0)).toBe(100);
      }),
    );
  });

  it("finds a problem in any weights that don't sum to 100", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { maxLength: 10 }), (parts) => {
        const weights = Object.fromEntries(parts.map((share, index) => [`1.${index}.0`, share]));
        const sum = parts.reduce((total, share) => total + share, 0);
        expect(findWeightProblems(Object.keys(weights), weights)).toHaveLength(sum === 100 ? 0 : 1);
      }),
    );
  });
});

describe("httpRouteArgs", () => {
  it("writes the route in full", () => {
    const refs = {
      namespace: "rampa",
      gateway: "rampa",
      services: { "1.0.0": "chat-1-0-0", "1.1.0": "chat-1-1-0" },
    };
    expect(httpRouteArgs(planCanary(settings), refs)).toEqual({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: {
        name: "chat",
        namespace: "rampa",
        labels: { ...ownedLabels("route", "chat"), "rampa.dev/endpoint": "chat" },
        annotations: {
          "rampa.dev/versions": '{"chat-1-0-0":"1.0.0","chat-1-1-0":"1.1.0"}',
          "rampa.dev/sticky-by": "session",
        },
      },
      spec: {
        parentRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "rampa" }],
        rules: [
          {
            matches: [
              {
                path: { type: "PathPrefix", value: "/" },
                headers: [{ type: "Exact", name: "x-rampa-endpoint", value: "chat" }],
              },
            ],
            backendRefs: [
              { group: "", kind: "Service", name: "chat-1-0-0", port: 8080, weight: 90 },
              { group: "", kind: "Service", name: "chat-1-1-0", port: 8080, weight: 10 },
            ],
          },
        ],
      },
    });
  });

  it("names the versions that may sleep, sorted", () => {
    const refs = { namespace: "rampa", gateway: "rampa", services: { "1.0.0": "a", "1.1.0": "b" } };
    const plan = planCanary({ ...settings, sleeping: ["1.1.0", "1.0.0", "1.1.0"] });
    expect(httpRouteArgs(plan, refs)).toMatchObject({
      metadata: { annotations: { "rampa.dev/sleeping": '["1.0.0","1.1.0"]' } },
    });
  });
});

describe("StaticCanary", () => {
  it("refuses weights that name a missing version and don't sum to 100, before it creates anything", () => {
    const refs = { namespace: "rampa", gateway: "rampa", services: {} };
    const create = () => new StaticCanary("chat", { ...settings, weights: { "1.2.0": 20 }, refs });
    expect(create).toThrow(
      [
        'rampa:canary:StaticCanary "chat": 2 problems',
        "  weights.1.2.0: got 20, want a version that exists: 1.1.0, 1.0.0",
        '  weights: got {"1.2.0":20}, want percentages that sum to 100 (these sum to 20)',
        "Next: correct the arguments of this component, then run `pulumi preview`",
      ].join("\n"),
    );
  });

  it("refuses a sleeping version that does not exist", () => {
    const refs = { namespace: "rampa", gateway: "rampa", services: {} };
    const create = () => new StaticCanary("chat", { ...settings, sleeping: ["1.0.0", "1.2.0"], refs });
    expect(create).toThrow('  sleeping.1: got "1.2.0", want a version that exists: 1.1.0, 1.0.0');
  });
});

describe("a version that a provider serves", () => {
  const external = { "1.1.0": { provider: "openai", model: "gpt-4.1-mini" } };
  const refs = {
    namespace: "rampa",
    gateway: "rampa",
    services: { "1.0.0": "chat-1-0-0", "1.1.0": "chat-1-1-0" },
  };

  it("is a Service among others in the list of weights, with what other data planes have to say to reach it", () => {
    const { metadata, spec } = httpRouteArgs(planCanary({ ...settings, external }), refs);
    expect(metadata).toMatchObject({
      annotations: {
        "rampa.dev/providers": '{"1.1.0":{"provider":"openai","model":"gpt-4.1-mini"}}',
        "rampa.dev/versions": '{"chat-1-0-0":"1.0.0","chat-1-1-0":"1.1.0"}',
      },
    });
    const own = { group: "", kind: "Service", port: 8080 };
    expect(spec).toMatchObject({
      rules: [
        {
          backendRefs: [
            { ...own, name: "chat-1-0-0", weight: 90 },
            {
              ...own,
              name: "chat-1-1-0",
              weight: 10,
              filters: [
                {
                  type: "RequestHeaderModifier",
                  requestHeaderModifier: { set: [{ name: "x-rampa-version", value: "1.1.0" }] },
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it("leaves routes without any as they were", () => {
    const text = JSON.stringify(httpRouteArgs(planCanary(settings), refs));
    expect(text).not.toMatch(/providers|filters/);
  });

  it.each([
    [{ external: { "9.0.0": external["1.1.0"] } }, "a version that exists: 1.1.0, 1.0.0"],
    [{ external, sleeping: ["1.1.0"] }, "a version that does not sleep: a provider has no pods"],
    [
      { external: { "1.1.0": { provider: "openai", model: "two words" } } },
      "a name of 1 to 256 characters without blanks",
    ],
  ])("is refused as %j", (change, want) => {
    const issues = canarySettings.safeParse({ ...settings, ...change }).error?.issues ?? [];
    expect(issues.map(({ message }) => message)).toEqual([want]);
  });
});
