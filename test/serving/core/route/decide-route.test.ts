// The weighted choice: deterministic, fair within chance, and monotone while a variant is ramped up.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseUnit } from "../../../../serving/core/route/choose-unit.ts";
import { decideRoute } from "../../../../serving/core/route/decide-route.ts";
import { createEndpoint, type Endpoint } from "../../../../serving/core/route/endpoint.ts";
import { hashUnit } from "../../../../serving/core/route/unit-hash.ts";

const endpointOf = (weights: readonly number[], name = "chat"): Endpoint =>
  createEndpoint({
    name,
    stickyBy: "session",
    created: 0,
    variants: weights.map((weight, at) => ({
      id: `${name}-${at}`,
      version: `1.${at}.0`,
      weight,
      host: "127.0.0.1",
      port: 8080,
      maySleep: false,
    })),
  });

const servedBy = (endpoint: Endpoint, unit: string): string => {
  const decision = decideRoute({ endpoint, unit });
  return decision.kind === "serve" ? decision.variant.id : `refused: ${decision.fault.code}`;
};

const weights = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 });

describe("the unit hash", () => {
  it("gives the same fractions as ever", () => {
    expect(hashUnit("chat", "user-1")).toBe(VECTORS[0]);
    expect(hashUnit("chat", "user-2")).toBe(VECTORS[1]);
    expect(hashUnit("", "é")).toBe(VECTORS[2]);
  });

  it("equals 64-bit FNV-1a with MurmurHash3's finaliser, computed the slow way", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (salt, unit) => {
        expect(hashUnit(salt, unit)).toBe(slowHash(`${salt}\0${unit}`));
      }),
    );
  });

  it("spreads similar units evenly over ten parts", () => {
    const counts = new Array(10).fill(0);
    for (let at = 0; at < 100_000; at += 1) counts[Math.floor(hashUnit("chat", `user-${at}`) * 10)] += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // 0.999 quantile of chi-square with 9 degrees of freedom.
    expect(chiSquare).toBeLessThan(27.88);
  });
});

describe("a decision", () => {
  it("is the same for the same input, however the variants are listed", () => {
    fc.assert(
      fc.property(weights, fc.string(), (list, unit) => {
        const endpoint = endpointOf(list);
        const reversed = createEndpoint({ ...endpoint, variants: endpoint.variants.toReversed() });
        expect(servedBy(reversed, unit)).toBe(servedBy(endpoint, unit));
      }),
    );
  });

  it("never serves weight 0, and refuses when the sum is 0", () => {
    fc.assert(
      fc.property(weights, fc.string(), (list, unit) => {
        const served = servedBy(endpointOf(list), unit);
        if (list.every((weight) => weight === 0)) expect(served).toBe("refused: no_backend");
        else expect(list[Number(served.split("-")[1])]).toBeGreaterThan(0);
      }),
    );
  });

  it("gives each variant its share within the 99.99 % binomial band", () => {
    const units = 10_000;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.string(), (percent, salt) => {
        const endpoint = endpointOf([100 - percent, percent], `e${salt}`);
        let second = 0;
        for (let at = 0; at < units; at += 1) if (servedBy(endpoint, `u${at}`).endsWith("-1")) second += 1;
        const p = percent / 100;
        expect(Math.abs(second - units * p)).toBeLessThan(3.9 * Math.sqrt(units * p * (1 - p)) + 1);
      }),
      { numRuns: 12, seed: 7 },
    );
  });

  it("never takes a unit from the variant that grows, whichever that is", () => {
    const ramp = fc.record({
      before: fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 5 }),
      grows: fc.nat(),
      taken: fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 5, maxLength: 5 }),
      unit: fc.string({ minLength: 1 }),
    });
    fc.assert(
      fc.property(ramp, ({ before, grows, taken, unit }) => {
        const at = grows % before.length;
        const after = before.map((weight, index) =>
          index === at ? weight : Math.max(0, weight - (taken[index] ?? 0)),
        );
        const freed = before.reduce((sum, weight, index) => sum + weight - (after[index] ?? 0), 0);
        after[at] = (before[at] ?? 0) + freed;
        const was = servedBy(endpointOf(before), unit);
        const is = servedBy(endpointOf(after), unit);
        if (was === `chat-${at}` || before.length === 2) expect([was, `chat-${at}`]).toContain(is);
        if (was === `chat-${at}`) expect(is).toBe(was);
      }),
      { numRuns: 2_000 },
    );
  });

  it("follows a tester's version, weight 0 included, and refuses an unknown one", () => {
    const endpoint = endpointOf([100, 0]);
    const decide = (wantedVersion: string) => decideRoute({ endpoint, unit: "u", wantedVersion });
    expect(decide("1.1.0")).toMatchObject({ kind: "serve", reason: "override", variant: { id: "chat-1" } });
    expect(decide("2.0.0")).toMatchObject({
      kind: "refuse",
      fault: { status: 400, code: "version_not_found" },
    });
  });

  it("leaves out what could not be reached", () => {
    const endpoint = endpointOf([99, 1]);
    expect(decideRoute({ endpoint, unit: "u", unreachable: ["chat-0"] })).toMatchObject({
      variant: { id: "chat-1" },
    });
  });
});

describe("the unit", () => {
  const caller = { requestId: "req_1", keyId: "k1", sessionId: "s", user: "u" };
  it.each([
    ["request", caller, "req_1"],
    ["session", caller, "k1/s"],
    ["session", { ...caller, sessionId: undefined }, "req_1"],
    ["user", caller, "k1/u"],
    ["user", { ...caller, user: undefined }, "k1"],
  ] as const)("by %s of %o is %s", (stickyBy, given, unit) => {
    expect(chooseUnit(stickyBy, given)).toBe(unit);
  });
});

function slowHash(text: string): number {
  const mask = (1n << 64n) - 1n;
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text, "utf8")) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & mask;
  hash = ((hash ^ (hash >> 33n)) * 0xff51afd7ed558ccdn) & mask;
  hash = ((hash ^ (hash >> 33n)) * 0xc4ceb9fe1a85ec53n) & mask;
  hash ^= hash >> 33n;
  return Number(hash >> 11n) / 2 ** 53;
}

const VECTORS = [0.9799195809550082, 0.08504614449746073, 0.3307895964136678];
