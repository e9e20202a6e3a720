// The region table: names as AWS builds them, and zones that a network can be spread over.
import { describe, expect, it } from "vitest";
import { findRegion, REGIONS, zonesOf } from "../../../components/contract/regions.ts";

describe("every region", () => {
  it.each(Object.entries(REGIONS))("%s is named as AWS names them and has zones in order", (name, row) => {
    expect(name).toMatch(/^(us|ca|sa|eu|me|af|ap)-(north|south|east|west|central|northeast|southeast)-\d$/);
    expect(row.zones).toMatch(/^[a-f]{3,6}$/);
    expect([...row.zones]).toEqual([...new Set(row.zones)].toSorted());
    expect(row.place).not.toBe("");
  });
});

describe("zonesOf", () => {
  it.each([
    ["eu-central-1", ["eu-central-1a", "eu-central-1b", "eu-central-1c"]],
    ["ap-northeast-1", ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]],
    ["ca-central-1", ["ca-central-1a", "ca-central-1b", "ca-central-1d"]],
    ["mars-north-1", []],
  ])("names the zones of %s", (region, zones) => expect(zonesOf(region)).toEqual(zones));

  it("knows the six zones of us-east-1", () => expect(zonesOf("us-east-1")).toHaveLength(6));
});

it("finds nothing for a name that the table lacks, nor for a name that every object has", () => {
  expect(findRegion("eu-south-2")).toEqual({ place: "Spain", zones: "abc" });
  expect(findRegion("eu-south-9")).toBeUndefined();
  expect(findRegion("constructor")).toBeUndefined();
});
