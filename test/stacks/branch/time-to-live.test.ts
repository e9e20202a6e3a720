// Time to live: what is taken, what is refused, and when it is over.
import { describe, expect, it } from "vitest";
import { expiryOf, isExpired, parseTimeToLive } from "../../../stacks/branch/time-to-live.ts";

const HOUR_MS = 3_600_000;

describe("parseTimeToLive", () => {
  it.each([
    ["90m", 1.5 * HOUR_MS],
    ["48h", 48 * HOUR_MS],
    ["7d", 168 * HOUR_MS],
    ["30d", 720 * HOUR_MS],
  ])("reads %s", (text, milliseconds) => {
    expect(parseTimeToLive(text)).toBe(milliseconds);
  });

  it.each(["", "48", "h", "0h", "-1h", "1.5h", "31d", "721h", "1w", " 1h", "1h2m", "9999999m"])(
    "refuses %j",
    (text) => {
      expect(parseTimeToLive(text)).toBeUndefined();
    },
  );
});

describe("expiry", () => {
  const now = new Date("2030-01-31T12:00:00.750Z");

  it("is a time in whole seconds", () => {
    expect(expiryOf(now, 48 * HOUR_MS)).toBe("2030-02-02T12:00:00Z");
  });

  it.each([
    ["2030-01-31T12:00:00Z", true],
    ["2030-01-31T12:00:01Z", false],
  ])("at %s is over: %s", (expires, over) => {
    expect(isExpired(expires, now)).toBe(over);
  });
});
