// The EKS calendar: what support a version has on a day.
import { describe, expect, it } from "vitest";
import { EKS_VERSIONS, eksSupport } from "../../../components/contract/eks-versions.ts";

describe("eksSupport", () => {
  it.each([
    ["1.34", "2026-12-02", "standard"],
    ["1.34", "2026-12-03", "extended"],
    ["1.34", "2027-12-02", "extended"],
    ["1.34", "2027-12-03", "ended"],
    ["1.35", "2027-03-27", "standard"],
    ["1.35", "2027-03-28", "extended"],
    ["1.36", "2027-08-02", "standard"],
    ["1.36", "2027-08-03", "extended"],
    ["1.20", "2026-07-20", undefined],
    ["constructor", "2026-07-20", undefined],
  ])("has %s on %s in %s", (version, day, support) => expect(eksSupport(version, day)).toBe(support));
});

describe("every version", () => {
  it.each(Object.entries(EKS_VERSIONS))("%s has a year of extended support", (version, row) => {
    expect(version).toMatch(/^1\.\d\d$/);
    const end = new Date(row.standardUntil);
    end.setUTCFullYear(end.getUTCFullYear() + 1);
    expect(row.extendedUntil).toBe(end.toISOString().slice(0, 10));
  });

  it("leaves support after the one before it", () => {
    const ends = Object.entries(EKS_VERSIONS).toSorted(([a], [b]) =>
      a.localeCompare(b, "en", { numeric: true }),
    );
    const days = ends.map(([, { standardUntil }]) => standardUntil);
    expect(days).toEqual(days.toSorted());
    expect(new Set(days).size).toBe(days.length);
  });
});
