// Splits a network's address range into subnets, so that adding a zone never moves the others.

/** The most zones that a range is split for; the split is the same with fewer. */
export const MOST_ZONES = 4;

/** The widest and the narrowest range, by prefix length: AWS takes no wider one, and a narrower one has no room for pods. */
export const PREFIXES = { widest: 16, narrowest: 20 } as const;

/** A load balancer needs a /27 at least. Source: Elastic Load Balancing, "Subnets for your load balancer". */
const NARROWEST_PUBLIC = 27;

/** An IPv4 range: its first address as a number, and its prefix length. */
type Range = { readonly start: number; readonly prefix: number };

export type ZoneSubnets = { readonly private: string; readonly public: string };

const PRIVATE_SPACE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(toRange);

/** What is wrong with a network's range, in words of what is wanted; undefined where nothing is. */
export function rangeFault(cidr: string): string | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(cidr)) return "an IPv4 range, e.g. 10.0.0.0/16";
  const range = toRange(cidr);
  const { widest, narrowest } = PREFIXES;
  if (range.prefix < widest || range.prefix > narrowest)
    return `a range from /${widest} to /${narrowest}: wider is not possible in AWS, narrower has no room for pods`;
  if (toCidr(range) !== cidr || range.start % sizeOf(range) !== 0)
    return "the first address of its range, e.g. 10.0.0.0/16 instead of 10.0.1.0/16";
  if (!PRIVATE_SPACE.some((space) => isInside(range, space)))
    return "a private range, inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16";
  return undefined;
}

/**
 * The subnets of the zone at `index`. A quarter of the range belongs to each zone: the first half of it is the private
 * subnet, where pods get their addresses; the public one, for load balancers and NAT, starts the second half; the rest
 * stays free.
 */
export function zoneSubnets(cidr: string, index: number): ZoneSubnets {
  const network = toRange(cidr);
  const quarter = {
    start: network.start + (index * sizeOf(network)) / MOST_ZONES,
    prefix: network.prefix + 2,
  };
  const half = { start: quarter.start, prefix: quarter.prefix + 1 };
  const publicPrefix = Math.min(network.prefix + 8, NARROWEST_PUBLIC);
  return {
    private: toCidr(half),
    public: toCidr({ start: half.start + sizeOf(half), prefix: publicPrefix }),
  };
}

/** The range of a CIDR text that is known to be one. */
function toRange(cidr: string): Range {
  const [address = "", prefix] = cidr.split("/");
  // Products, not shifts: bits above the 31st would turn the number negative.
  const start = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return { start, prefix: Number(prefix) };
}

function toCidr({ start, prefix }: Range): string {
  const parts = [24, 16, 8, 0].map((bits) => Math.floor(start / 2 ** bits) % 256);
  return `${parts.join(".")}/${prefix}`;
}

/** Number of addresses. */
function sizeOf({ prefix }: Range): number {
  return 2 ** (32 - prefix);
}

function isInside(inner: Range, outer: Range): boolean {
  return inner.start >= outer.start && inner.start + sizeOf(inner) <= outer.start + sizeOf(outer);
}
