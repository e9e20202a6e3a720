// Which findings an exception covers, and when it covers none.
import { describe, expect, it } from "vitest";
import { type Exception, type Finding, settle } from "./exceptions.ts";

const finding: Finding = { judge: "checkov", rule: "CKV_1", path: "prod/rampa/pod-a.yaml", message: "bad" };
const exception: Exception = {
  judge: "checkov",
  rule: "CKV_1",
  objects: "^prod/",
  reason: "accepted for this test",
};

describe("settle", () => {
  it("excuses a finding by judge, rule and object together", () => {
    expect(settle([finding], [exception])).toEqual({ unexcused: [], unused: [] });
  });

  it.each<[string, Partial<Exception>]>([
    ["judge", { judge: "kube-score" }],
    ["rule", { rule: "CKV_10" }],
    ["object", { objects: "^dev/" }],
  ])("excuses nothing with another %s, and then is unused", (_, change) => {
    const other = { ...exception, ...change };
    expect(settle([finding], [other])).toEqual({ unexcused: [finding], unused: [other] });
  });

  it("says that an exception is unused once nothing is found", () => {
    expect(settle([], [exception])).toEqual({ unexcused: [], unused: [exception] });
  });
});
