// The split of a network's range: inside it, never twice the same address, and the same for a zone whatever comes after it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MOST_ZONES, PREFIXES, rangeFault, zoneSubnets } from "../../../components/vpc/address-plan.ts";

/** First and last address, read by shifts of big integers: another way than the subject's. */
function bounds(cidr: string): readonly [bigint, bigint] {
  const [address = "", prefix = ""] = cidr.split("/");
  const first = address.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  return [first, first + (1n << BigInt(32 - Number(prefix))) - 1n];
}

const network = fc
  .record({
    prefix: fc.integer({ min: PREFIXES.widest, max: PREFIXES.narrowest }),
    second: fc.integer({ min: 0, max: 255 }),
    third: fc.integer({ min: 0, max: 255 }),
    space: fc.constantFrom("10", "172", "192"),
  })
  .map(({ prefix, second, third, space }) => {
    const inSpace = { "10": second, "172": 16 + (second % 16), "192": 168 }[space];
    const step = 2 ** (24 - prefix);
    return `${space}.${inSpace}.${third - (third % step)}.0/${prefix}`;
  });

const everySubnet = (cidr: string) =>
  Array.from({ length: MOST_ZONES }, (_, index) => zoneSubnets(cidr, index)).flatMap((each) => [
    each.private,
    each.public,
  ]);

describe("zoneSubnets", () => {
  it("splits a /16 into halves of quarters for pods and a /24 each for load balancers", () => {
    expect([0, 1, 2, 3].map((index) => zoneSubnets("10.0.0.0/16", index))).toEqual([
      { private: "10.0.0.0/19", public: "10.0.32.0/24" },
      { private: "10.0.64.0/19", public: "10.0.96.0/24" },
      { private: "10.0.128.0/19", public: "10.0.160.0/24" },
      { private: "10.0.192.0/19", public: "10.0.224.0/24" },
    ]);
  });

  it("splits the narrowest range, with room for a load balancer in each zone", () => {
    expect([0, 3].map((index) => zoneSubnets("192.168.240.0/20", index))).toEqual([
      { private: "192.168.240.0/23", public: "192.168.242.0/27" },
      { private: "192.168.252.0/23", public: "192.168.254.0/27" },
    ]);
  });

  it("stays inside the range and gives no address twice", () => {
    fc.assert(
      fc.property(network, (cidr) => {
        expect(rangeFault(cidr)).toBeUndefined();
        const [first, last] = bounds(cidr);
        const subnets = everySubnet(cidr)
          .map(bounds)
          .toSorted(([a], [b]) => (a < b ? -1 : 1));
        for (const [index, [start, end]] of subnets.entries()) {
          const before = subnets[index - 1]?.[1];
          expect(start >= first && end <= last && (before === undefined || start > before)).toBe(true);
        }
      }),
    );
  });

  it("gives subnets that begin where a subnet of their size can, as AWS asks for", () => {
    fc.assert(
      fc.property(network, (cidr) => {
        for (const [start, end] of everySubnet(cidr).map(bounds)) expect(start % (end - start + 1n)).toBe(0n);
      }),
    );
  });

  it("gives pods an eighth of the range in each zone", () => {
    fc.assert(
      fc.property(network, fc.integer({ min: 0, max: MOST_ZONES - 1 }), (cidr, index) => {
        const prefix = Number(cidr.split("/")[1]);
        expect(zoneSubnets(cidr, index).private).toMatch(new RegExp(`/${prefix + 3}$`));
      }),
    );
  });
});

describe("rangeFault", () => {
  it.each(["10.0.0.0/16", "10.255.240.0/20", "172.16.0.0/16", "172.31.0.0/18", "192.168.0.0/17"])(
    "has nothing against %s",
    (cidr) => expect(rangeFault(cidr)).toBeUndefined(),
  );

  it.each([
    ["10.0.0.0", "an IPv4 range, e.g. 10.0.0.0/16"],
    ["fd00::/16", "an IPv4 range, e.g. 10.0.0.0/16"],
    ["10.0.0.0/16 ", "an IPv4 range, e.g. 10.0.0.0/16"],
    ["10.0.0.0/15", "a range from /16 to /20: wider is not possible in AWS, narrower has no room for pods"],
    ["10.0.0.0/21", "a range from /16 to /20: wider is not possible in AWS, narrower has no room for pods"],
    ["10.0.1.0/16", "the first address of its range, e.g. 10.0.0.0/16 instead of 10.0.1.0/16"],
    ["10.300.0.0/16", "the first address of its range, e.g. 10.0.0.0/16 instead of 10.0.1.0/16"],
    ["010.0.0.0/16", "the first address of its range, e.g. 10.0.0.0/16 instead of 10.0.1.0/16"],
    ["11.0.0.0/16", "a private range, inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"],
    ["172.32.0.0/16", "a private range, inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"],
    ["192.169.0.0/16", "a private range, inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"],
  ])("wants instead of %s %s", (cidr, want) => expect(rangeFault(cidr)).toBe(want));
});
