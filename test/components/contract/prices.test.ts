// The price table: sane figures, days that exist, and hours made from months.
import { describe, expect, it } from "vitest";
import { findPrice, PRICES, type Price, usdPerHour } from "../../../components/contract/prices.ts";

const rows: readonly (readonly [string, Price])[] = Object.entries(PRICES);

describe("every price", () => {
  it.each(rows)("%s is more than nothing and less than a GPU", (name, { usd, seenOn, isUnverified }) => {
    expect(name).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
    expect(usd).toBeGreaterThan(0);
    expect(usd).toBeLessThanOrEqual(3);
    expect(seenOn === undefined).toBe(isUnverified ?? false);
    if (seenOn !== undefined) expect(new Date(seenOn).toISOString().slice(0, 10)).toBe(seenOn);
  });

  it.each(["rds.db.", "elasticache.cache."])(
    "of %s* is twice as much with each size of a family",
    (prefix) => {
      const sizes = ["micro", "small", "medium", "large", "xlarge"];
      const nodes = rows.filter(([name]) => name.startsWith(prefix));
      const families = Map.groupBy(nodes, ([name]) => name.slice(prefix.length).split(".")[0]);
      for (const members of families.values()) {
        const prices = sizes.flatMap((size) => members.filter(([name]) => name.endsWith(`.${size}`)));
        const ratios = prices.slice(1).map(([, { usd }], index) => usd / (prices[index]?.[1].usd ?? 0));
        for (const ratio of ratios) expect(ratio).toBeCloseTo(2, 1);
      }
    },
  );
});

describe("the price list", () => {
  it.each([
    ["eks.standard", 0.1, "hour"],
    ["eks.extended", 0.6, "hour"],
    ["nat.hour", 0.045, "hour"],
    ["nat.gb", 0.045, "gb"],
    ["endpoint.zone-hour", 0.01, "hour"],
    ["ipv4.hour", 0.005, "hour"],
    ["aurora.acu", 0.12, "hour"],
    ["kms.key", 1, "month"],
    ["load-balancer.application", 0.0225, "hour"],
    ["load-balancer.application-unit", 0.008, "hour"],
    ["load-balancer.network-unit", 0.006, "hour"],
    ["secrets-manager.secret", 0.4, "month"],
  ])("has %s at %d USD a %s, as it was published in 2026", (name, usd, unit) => {
    expect(findPrice(name)).toEqual({ usd, unit, seenOn: expect.stringMatching(/^2026-/) });
  });

  it("says which numbers were not compared with a list", () => {
    expect(findPrice("ebs.gp3")).toEqual({ usd: 0.08, unit: "gb-month", isUnverified: true });
    expect(findPrice("constructor")).toBeUndefined();
  });
});

describe("usdPerHour", () => {
  it.each([
    ["nat.hour", 3, 0.135],
    ["kms.key", 7.3, 0.01],
    ["ebs.gp3", 730, 0.08],
  ])("makes %s × %d into %d USD an hour", (name, count, usd) => {
    const price = findPrice(name);
    expect(price && usdPerHour(price, count)).toBeCloseTo(usd, 10);
  });

  it("has no answer for what is charged by use", () => {
    expect(usdPerHour(PRICES["nat.gb"])).toBeUndefined();
    expect(usdPerHour(PRICES["kms.requests"])).toBeUndefined();
    expect(usdPerHour(PRICES["nat.hour"])).toBe(0.045);
  });
});
