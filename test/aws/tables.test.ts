// The tables of what moto holds and lacks, held against the plans of all stacks on AWS.
import { describe, expect, it } from "vitest";
import { planStack } from "../kit/plan-stack.ts";
import { HELD } from "./held.ts";
import { CHECKED_ONLY, WITHOUT_CALL } from "./lacking.ts";

const TABLES = [HELD, CHECKED_ONLY, WITHOUT_CALL];

const plannedTypes = async (): Promise<ReadonlySet<string>> => {
  const types = new Set<string>();
  for (const stack of ["dev", "staging", "prod"]) {
    const { resources } = await planStack(stack);
    for (const { type } of resources) {
      if (type.startsWith("aws:") || type === "pulumi:providers:aws") types.add(type);
    }
  }
  return types;
};

describe("the tables for moto", () => {
  it("hold every type that a stack plans, each in one of them, and no other", async () => {
    const inTables = TABLES.flatMap((table) => Object.keys(table));
    expect(inTables.toSorted()).toEqual([...(await plannedTypes())].toSorted());
  });

  it("give a reason for everything that is not carried out", () => {
    const reasons = [
      ...Object.values(CHECKED_ONLY).map(({ reason }) => reason),
      ...Object.values(WITHOUT_CALL),
    ];
    for (const reason of reasons) expect(reason).toMatch(/\w+ \w+/);
  });
});
