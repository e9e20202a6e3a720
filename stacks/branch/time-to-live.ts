// How long a preview environment stays: `48h` as a time in UTC. Pure.

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { m: HOUR_MS / 60, h: HOUR_MS, d: 24 * HOUR_MS };
const LONGEST_MS = 30 * 24 * HOUR_MS;

export const TIME_TO_LIVE = "minutes, hours or days up to 30 days, e.g. 90m, 48h or 7d";

/** Milliseconds; undefined for what is not `TIME_TO_LIVE`. */
export function parseTimeToLive(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const milliseconds = Number(count) * (UNITS[unit ?? ""] ?? Number.NaN);
  return milliseconds <= LONGEST_MS ? milliseconds : undefined;
}

/** Without fractions of a second. */
export function expiryOf(now: Date, timeToLiveMs: number): string {
  return new Date(now.getTime() + timeToLiveMs).toISOString().replace(/\.\d+Z$/, "Z");
}

export function isExpired(expires: string, now: Date): boolean {
  return Date.parse(expires) <= now.getTime();
}
