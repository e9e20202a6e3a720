// Days written as YYYY-MM-DD, and how long ago they were.
import type { Value } from "./value.ts";

const DAY_MS = 86_400_000;

/** Whole days from the written one to `now` (UTC); negative in the future, undefined for what is no day. */
export function daysSince(value: Value, now: Date): number | undefined {
  const text = value.text() ?? "";
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.floor((now.getTime() - time) / DAY_MS);
}
