// AWS regions as data: where EKS with GPU nodes can stand, and the zones of each.

export type Region = {
  /** Where it is, as AWS names it. */
  readonly place: string;
  /**
   * Last letters of its zones' names. Which of them an account sees, and which place a letter stands for, differs by
   * account: in us-west-1 an account sees two of the three.
   */
  readonly zones: string;
};

/** By name; commercial partition (`aws`) only. */
// biome-ignore format: a table, one row a line
export const REGIONS = {
  "us-east-1": { place: "N. Virginia", zones: "abcdef" },
  "us-east-2": { place: "Ohio", zones: "abc" },
  "us-west-1": { place: "N. California", zones: "abc" },
  "us-west-2": { place: "Oregon", zones: "abcd" },
  "ca-central-1": { place: "Canada Central", zones: "abd" },
  "sa-east-1": { place: "São Paulo", zones: "abc" },
  "eu-west-1": { place: "Ireland", zones: "abc" },
  "eu-west-2": { place: "London", zones: "abc" },
  "eu-west-3": { place: "Paris", zones: "abc" },
  "eu-central-1": { place: "Frankfurt", zones: "abc" },
  "eu-central-2": { place: "Zurich", zones: "abc" },
  "eu-north-1": { place: "Stockholm", zones: "abc" },
  "eu-south-1": { place: "Milan", zones: "abc" },
  "eu-south-2": { place: "Spain", zones: "abc" },
  "me-central-1": { place: "UAE", zones: "abc" },
  "af-south-1": { place: "Cape Town", zones: "abc" },
  "ap-south-1": { place: "Mumbai", zones: "abc" },
  "ap-northeast-1": { place: "Tokyo", zones: "acd" },
  "ap-northeast-2": { place: "Seoul", zones: "abcd" },
  "ap-northeast-3": { place: "Osaka", zones: "abc" },
  "ap-southeast-1": { place: "Singapore", zones: "abc" },
  "ap-southeast-2": { place: "Sydney", zones: "abc" },
  "ap-southeast-3": { place: "Jakarta", zones: "abc" },
  "ap-southeast-4": { place: "Melbourne", zones: "abc" },
} as const satisfies Record<string, Region>;

const rows: Readonly<Record<string, Region>> = REGIONS;

/** The row of a region such as `eu-central-1`; undefined where the table has none. */
export function findRegion(name: string): Region | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined;
}

/** Names of a region's zones, e.g. `eu-central-1a`; none for a region that the table lacks. */
export function zonesOf(region: string): readonly string[] {
  return [...(findRegion(region)?.zones ?? "")].map((letter) => `${region}${letter}`);
}
