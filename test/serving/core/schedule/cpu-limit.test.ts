// Threads from the CPU limits of control groups.
import { describe, expect, it } from "vitest";
import { chooseThreads, cpuLimit, groupAncestors } from "../../../../serving/core/schedule/cpu-limit.ts";

const v2 = (cpuMax: string) => ({ cpuMax, cfsQuotaUs: undefined, cfsPeriodUs: undefined });
const v1 = (cfsQuotaUs: string, cfsPeriodUs: string) => ({ cpuMax: undefined, cfsQuotaUs, cfsPeriodUs });

describe("the CPU limit of a control group", () => {
  it.each([
    [v2("max 100000\n"), undefined],
    [v2("200000 100000\n"), 2],
    [v2("50000 100000"), 0.5],
    [v2("garbage"), undefined],
    [v1("-1\n", "100000\n"), undefined],
    [v1("150000", "100000"), 1.5],
    [v1("0", "100000"), undefined],
    [{ cpuMax: undefined, cfsQuotaUs: undefined, cfsPeriodUs: undefined }, undefined],
  ])("%j is %s", (files, want) => {
    expect(cpuLimit(files)).toBe(want);
  });

  it.each([
    [[], 8, 8],
    [[undefined, undefined], 8, 8],
    [[4, undefined, 2.5], 8, 2],
    [[0.5], 8, 1],
    [[16], 2, 2],
  ])("of %j with %d processors gives %d threads", (limits, available, want) => {
    expect(chooseThreads(limits, available)).toBe(want);
  });

  it("looks at every group around the process", () => {
    expect(groupAncestors("/kubepods/pod1/c1")).toEqual([
      "/kubepods/pod1/c1",
      "/kubepods/pod1",
      "/kubepods",
      "/",
    ]);
    expect(groupAncestors("/../..")).toEqual(["/"]);
  });
});
