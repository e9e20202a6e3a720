// Prices of AWS besides instances, as data: what costs by the hour, the month, the gigabyte or the request.

export type PriceUnit =
  | "hour"
  | "month"
  /** A GiB kept for a month. */
  | "gb-month"
  /** A GB moved or written once. */
  | "gb"
  | "million";

type Amount = {
  /** US dollars a unit: us-east-1, on demand, first tier, without tax. */
  readonly usd: number;
  readonly unit: PriceUnit;
};

export type Price =
  /** Compared with a published list, on its day. */
  | (Amount & { readonly seenOn: string; readonly isUnverified?: never })
  /** Compared with no published list: the number may be wrong. */
  | (Amount & { readonly isUnverified: true; readonly seenOn?: never });

const UNVERIFIED = { isUnverified: true } as const;

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
  "endpoint.gb": { usd: 0.01, unit: "gb", ...UNVERIFIED },
  /** A public IPv4 address, in use or not. */
  "ipv4.hour": { usd: 0.005, unit: "hour", seenOn: "2026-02-24" },
  "transfer.internet": { usd: 0.09, unit: "gb", ...UNVERIFIED },
  /** In each direction. */
  "transfer.between-zones": { usd: 0.01, unit: "gb", ...UNVERIFIED },
  "load-balancer.application": { usd: 0.0225, unit: "hour", seenOn: "2026-09-20" },
  "load-balancer.application-unit": { usd: 0.008, unit: "hour", seenOn: "2026-09-20" },
  "load-balancer.network": { usd: 0.0225, unit: "hour", ...UNVERIFIED },
  "load-balancer.network-unit": { usd: 0.006, unit: "hour", seenOn: "2026-09-20" },
  /** 3000 operations and 125 MiB a second included. */
  "ebs.gp3": { usd: 0.08, unit: "gb-month", ...UNVERIFIED },
  "ebs.snapshot": { usd: 0.05, unit: "gb-month", ...UNVERIFIED },
  /** One Aurora capacity unit, of PostgreSQL in the standard storage configuration. */
  "aurora.acu": { usd: 0.12, unit: "hour", seenOn: "2026-03-12" },
  "aurora.storage": { usd: 0.1, unit: "gb-month", seenOn: "2026-03-12" },
  "aurora.io": { usd: 0.2, unit: "million", seenOn: "2026-03-12" },
  /** PostgreSQL in one zone; two zones cost twice as much. */
  "rds.db.t4g.micro": { usd: 0.016, unit: "hour", ...UNVERIFIED },
  "rds.db.t4g.small": { usd: 0.032, unit: "hour", ...UNVERIFIED },
  "rds.db.t4g.medium": { usd: 0.065, unit: "hour", ...UNVERIFIED },
  "rds.db.t4g.large": { usd: 0.129, unit: "hour", ...UNVERIFIED },
  "rds.db.m7g.large": { usd: 0.168, unit: "hour", ...UNVERIFIED },
  "rds.db.m7g.xlarge": { usd: 0.337, unit: "hour", ...UNVERIFIED },
  "rds.db.r7g.large": { usd: 0.239, unit: "hour", ...UNVERIFIED },
  "rds.db.r7g.xlarge": { usd: 0.478, unit: "hour", ...UNVERIFIED },
  "rds.gp3": { usd: 0.115, unit: "gb-month", ...UNVERIFIED },
  /** Valkey, a fifth below Redis OSS. */
  "elasticache.cache.t4g.micro": { usd: 0.0128, unit: "hour", ...UNVERIFIED },
  "elasticache.cache.t4g.small": { usd: 0.0256, unit: "hour", ...UNVERIFIED },
  "elasticache.cache.t4g.medium": { usd: 0.052, unit: "hour", ...UNVERIFIED },
  "elasticache.cache.m7g.large": { usd: 0.1264, unit: "hour", ...UNVERIFIED },
  "elasticache.cache.r7g.large": { usd: 0.1752, unit: "hour", ...UNVERIFIED },
  "elasticache.cache.r7g.xlarge": { usd: 0.3496, unit: "hour", ...UNVERIFIED },
  /** The first and the second rotation add as much each. */
  "kms.key": { usd: 1, unit: "month", seenOn: "2026-03-14" },
  "kms.requests": { usd: 3, unit: "million", ...UNVERIFIED },
  "secrets-manager.secret": { usd: 0.4, unit: "month", seenOn: "2026-09-20" },
  "s3.standard": { usd: 0.023, unit: "gb-month", ...UNVERIFIED },
  "ecr.storage": { usd: 0.1, unit: "gb-month", ...UNVERIFIED },
  "logs.ingested": { usd: 0.5, unit: "gb", ...UNVERIFIED },
  /** What a service such as VPC flow logs delivers. */
  "logs.vended": { usd: 0.5, unit: "gb", ...UNVERIFIED },
  "logs.stored": { usd: 0.03, unit: "gb-month", ...UNVERIFIED },
  "sqs.requests": { usd: 0.4, unit: "million", ...UNVERIFIED },
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
