// Reading properties by path.
import { describe, expect, it } from "vitest";
import { Value } from "../../policies/value.ts";
import { UNKNOWN_TEXT } from "./cases/rule-cases.ts";

const value = new Value("", {
  spec: { list: [{ n: 1 }, UNKNOWN_TEXT], later: UNKNOWN_TEXT, empty: {}, nothing: null },
  "a.b/c": "x",
});

describe("Value", () => {
  it("keeps absent, unknown and known apart, and says so below them too", () => {
    const states = [
      value.at("spec", "list"),
      value.at("spec", "later", "x", 3),
      value.at("spec", "nothing"),
      value.at("no", "way"),
    ];
    expect(states.map(({ state }) => state)).toEqual(["known", "unknown", "absent", "absent"]);
  });

  it("writes paths as a person would", () => {
    expect(value.at("spec", "list", 0, "n").path).toBe("spec.list[0].n");
    expect(value.at("a.b/c").path).toBe('["a.b/c"]');
  });

  it("lists unknown and text values at any depth", () => {
    expect(value.unknowns().map(({ path }) => path)).toEqual(["spec.list[1]", "spec.later"]);
    expect(value.texts().map(({ path }) => path)).toEqual(['["a.b/c"]']);
  });

  it("does not read inherited properties", () => {
    expect(value.at("constructor").state).toBe("absent");
    expect(value.at("spec", "list", "length").state).toBe("known");
  });

  it("tells an empty object from an absent or an unknown one", () => {
    expect(
      [value.at("spec", "empty"), value.at("spec", "nothing"), value.at("spec", "later")].map((v) =>
        v.isEmpty(),
      ),
    ).toEqual([true, false, false]);
  });
});
