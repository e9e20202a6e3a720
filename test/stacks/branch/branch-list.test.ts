// The list of preview environments as a person reads it.
import { describe, expect, it } from "vitest";
import { type BranchRow, listText } from "../../../stacks/cli/branch-list.ts";

const row: BranchRow = {
  stack: "branch-feature-x",
  branch: "feature/x",
  from: "dev",
  namespace: "rampa-feature-x",
  expires: "2030-01-31T12:00:00Z",
  isExpired: false,
  isDeployed: true,
};

describe("listText", () => {
  it("says how to make one where there is none", () => {
    expect(listText([])).toBe("no preview environments\nNext: npm run rampa -- branch up");
  });

  it("has a line for each", () => {
    const text = "branch-feature-x  until 2030-01-31T12:00:00Z  of feature/x, from dev";
    expect(listText([row])).toBe(text);
    expect(listText([row, { ...row, isDeployed: false }])).toBe(`${text}\n${text}, not deployed`);
  });

  it("names the command that removes those whose time is over", () => {
    expect(listText([{ ...row, isExpired: true }])).toBe(
      "branch-feature-x  over since 2030-01-31T12:00:00Z  of feature/x, from dev\nNext: npm run rampa -- branch clean",
    );
  });
});
