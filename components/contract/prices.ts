// Prices of AWS besides instances, as data: what costs by the hour, the month, the gigabyte or the request.

export type PriceUnit =
  | "hour"
  | "month"
  /** A GiB kept for a month. */
  | "gb-month"
  /** A GB moved or written once. */
  | "gb"
  | "million";

export type Price = {
  /** US dollars a unit: us-east-1, on demand, first tier, without tax. */
  readonly usd: number;
  readonly unit: PriceUnit;
  /** Day of a published list that has this number; left out where none was at hand, so the number may be wrong. */
  readonly seenOn?: string;
};

/** An average month, as AWS's own calculator counts it. */
export const HOURS_A_MONTH = 730;

/** By what is charged for. */
// biome-ignore format: a table, one row a line
export const PRICES = {
  /** A cluster on a version in standard support. */
  "eks.standard": { usd: 0.1, unit: "hour", seenOn: "2026-06-13" },
  /** The whole of it, standard support included. */
  "eks.extended": { usd: 0.6, unit: "hour", seenOn: "2026-06-13" },
  "nat.hour": { usd: 0.045, unit: "hour", seenOn: "2026-02-24" },
  "nat.gb": { usd: 0.045, unit: "gb", seenOn: "2026-02-24" },
  /** An interface endpoint in one zone; those of the gateway kind cost nothing. */
  "endpoint.zone-hour": { usd: 0.01, unit: "hour", seenOn: "2026-04-10" },
  "endpoint.gb": { usd: 0.01, unit: "gb" },
  /** A public IPv4 address, in use or not. */
  "ipv4.hour": { usd: 0.005, unit: "hour", seenOn: "2026-02-24" },
  "transfer.internet": { usd: 0.09, unit: "gb" },
  /** In each direction. */
  "transfer.between-zones": { usd: 0.01, unit: "gb" },
  "load-balancer.application": { usd: 0.0225, unit: "hour" },
  "load-balancer.application-unit": { usd: 0.008, unit: "hour" },
  "load-balancer.network": { usd: 0.0225, unit: "hour" },
  "load-balancer.network-unit": { usd: 0.006, unit: "hour" },
  /** 3000 operations and 125 MiB a second included. */
  "ebs.gp3": { usd: 0.08, unit: "gb-month" },
  "ebs.snapshot": { usd: 0.05, unit: "gb-month" },
  /** One Aurora capacity unit, of PostgreSQL in the standard storage configuration. */
  "aurora.acu": { usd: 0.12, unit: "hour", seenOn: "2026-03-12" },
  "aurora.storage": { usd: 0.1, unit: "gb-month", seenOn: "2026-03-12" },
  "aurora.io": { usd: 0.2, unit: "million", seenOn: "2026-03-12" },
  /** PostgreSQL in one zone; two zones cost twice as much. */
  "rds.db.t4g.micro": { usd: 0.016, unit: "hour" },
  "rds.db.t4g.small": { usd: 0.032, unit: "hour" },
  "rds.db.t4g.medium": { usd: 0.065, unit: "hour" },
  "rds.db.t4g.large": { usd: 0.129, unit: "hour" },
  "rds.db.m7g.large": { usd: 0.168, unit: "hour" },
  "rds.db.m7g.xlarge": { usd: 0.337, unit: "hour" },
  "rds.db.r7g.large": { usd: 0.239, unit: "hour" },
  "rds.db.r7g.xlarge": { usd: 0.478, unit: "hour" },
  "rds.gp3": { usd: 0.115, unit: "gb-month" },
  /** Valkey, a fifth below Redis OSS. */
  "elasticache.cache.t4g.micro": { usd: 0.0128, unit: "hour" },
  "elasticache.cache.t4g.small": { usd: 0.0256, unit: "hour" },
  "elasticache.cache.t4g.medium": { usd: 0.052, unit: "hour" },
  "elasticache.cache.m7g.large": { usd: 0.1264, unit: "hour" },
  "elasticache.cache.r7g.large": { usd: 0.1752, unit: "hour" },
  "elasticache.cache.r7g.xlarge": { usd: 0.3496, unit: "hour" },
  /** The first and the second rotation add as much each. */
  "kms.key": { usd: 1, unit: "month", seenOn: "2026-03-14" },
  "kms.requests": { usd: 3, unit: "million" },
  "secrets-manager.secret": { usd: 0.4, unit: "month" },
  "s3.standard": { usd: 0.023, unit: "gb-month" },
  "ecr.storage": { usd: 0.1, unit: "gb-month" },
  "logs.ingested": { usd: 0.5, unit: "gb" },
  /** What a service such as VPC flow logs delivers. */
  "logs.vended": { usd: 0.5, unit: "gb" },
  "logs.stored": { usd: 0.03, unit: "gb-month" },
  "sqs.requests": { usd: 0.4, unit: "million" },
} as const satisfies Record<string, Price>;

const rows: Readonly<Record<string, Price>> = PRICES;

/** The row of what is charged for, e.g. `rds.db.t4g.small`; undefined where the table has none. */
export function findPrice(name: string): Price | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined;
}

/** USD an hour of `count` of what is charged by the hour or kept for a month; undefined for what is charged by use. */
export function usdPerHour(price: Price, count = 1): number | undefined {
  if (price.unit === "hour") return price.usd * count;
  const isKept = price.unit === "month" || price.unit === "gb-month";
  return isKept ? (price.usd * count) / HOURS_A_MONTH : undefined;
}
