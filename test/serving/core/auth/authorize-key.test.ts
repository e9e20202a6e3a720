// Validity of a key at its edges.
import { describe, expect, it } from "vitest";
import { isExpired, mayCall } from "../../../../serving/core/auth/authorize-key.ts";

const key = { id: "k", endpoints: undefined, expiresAtMs: undefined };

describe("a key", () => {
  it("expires at its end, not before, and never without one", () => {
    expect(isExpired({ ...key, expiresAtMs: 1_000 }, 999)).toBe(false);
    expect(isExpired({ ...key, expiresAtMs: 1_000 }, 1_000)).toBe(true);
    expect(isExpired(key, Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  it("without a list may call every endpoint, with one only those, with an empty one none", () => {
    expect(mayCall(key, "chat")).toBe(true);
    expect(mayCall({ ...key, endpoints: ["chat"] }, "chat")).toBe(true);
    expect(mayCall({ ...key, endpoints: ["chat"] }, "other")).toBe(false);
    expect(mayCall({ ...key, endpoints: [] }, "chat")).toBe(false);
  });
});
