// What counts as the same when a planned value is read back from AWS.
import { describe, expect, it } from "vitest";
import { at, differences } from "./differences.ts";

const between = (planned: unknown, read: unknown): string[] =>
  differences(planned, read, { as: { "rules.from": "Source" }, hidden: ["secret"], path: "" });

describe("a value read back", () => {
  it.each<[string, unknown, unknown]>([
    ["what AWS spells otherwise", { kmsKeyId: "k" }, { KMSKeyId: "k" }],
    ["what AWS adds", { a: 1 }, { A: 1, B: 2 }],
    ["numbers and truths as texts", { size: 3, on: true }, { Size: "3", On: "true" }],
    ["a truth that AWS calls enabled", { on: true }, { On: "enabled" }],
    ["a document written otherwise", { policy: '{"a": [1]}' }, { Policy: { a: [1] } }],
    ["tags as pairs", { tags: { owner: "ml" } }, { Tags: [{ Key: "owner", Value: "ml" }] }],
    ["a list in another order", { ids: ["a", "b"] }, { Ids: ["b", "a"] }],
    ["a part of another name", { rules: [{ from: 1 }] }, { Rules: [{ Source: 1 }] }],
    ["a list of one that AWS holds as a map", { part: [{ a: 1 }] }, { Part: { A: 1 } }],
    ["what is hidden", { secret: 1 }, {}],
  ])("is as planned with %s", (_, planned, read) => {
    expect(between(planned, read)).toEqual([]);
  });

  it.each<[unknown, unknown, string]>([
    [{ a: 1 }, { a: 2 }, "a: planned 1, read 2"],
    [{ a: 1 }, {}, "a: planned 1, read undefined"],
    [{ on: false }, { on: "enabled" }, 'on: planned false, read "enabled"'],
    [{ ids: [] }, { ids: ["b"] }, 'ids: planned [], read ["b"]'],
    [{ ids: ["a"] }, { ids: ["b"] }, 'ids.0: planned "a", read "b"'],
    [{ rules: [{ from: 1 }] }, { rules: [{ Source: 2 }] }, "rules.0.from: planned 1, read 2"],
    [
      { tags: { owner: "ml" } },
      { tags: [{ Key: "owner", Value: "x" }] },
      'tags.owner: planned "ml", read "x"',
    ],
    [{ policy: '{"a":1}' }, { policy: { a: 2 } }, 'policy: planned "{\\"a\\":1}", read {"a":2}'],
  ])("differs: %j from %j", (planned, read, difference) => {
    expect(between(planned, read)).toEqual([difference]);
  });

  it("is found at a path, through lists by place or all of them", () => {
    const answer = { Groups: [{ Id: "a" }, { Id: "b" }] };
    expect(at(answer, "groups.1.id")).toBe("b");
    expect(at(answer, "groups.id")).toEqual(["a", "b"]);
    expect(at(answer, "nothing.here")).toBeUndefined();
  });
});
