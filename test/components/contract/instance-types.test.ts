// The instance table: every row can be true, and the prices and GPUs are those of the price list.
import { describe, expect, it } from "vitest";
import {
  findInstanceType,
  GPU_MODELS,
  INSTANCE_TYPES,
  type InstanceType,
} from "../../../components/contract/instance-types.ts";
import { listFiles, readSource, readText } from "../../kit/source-graph.ts";

const rows: readonly (readonly [string, InstanceType])[] = Object.entries(INSTANCE_TYPES);
const withGpus = rows.flatMap(([name, { gpu }]) => (gpu === undefined ? [] : [[name, gpu] as const]));

describe("every instance type", () => {
  it.each(rows)("%s is named as EC2 names them and has sane figures", (name, row) => {
    expect(name).toMatch(/^[a-z]\d[a-z]*(-[a-z]\d+)?\.(\d*x)?(large|medium)$/);
    expect(row.vcpus).toBeGreaterThanOrEqual(2);
    expect(row.memoryGib / row.vcpus).toBeGreaterThanOrEqual(2);
    expect(row.usdPerHour).toBeGreaterThan(0);
    expect(row.usdPerHour).toBeLessThan(200);
    expect(row.efaInterfaces).toBeLessThanOrEqual(32);
    expect(new Date(row.pricedOn).toISOString().slice(0, 10)).toBe(row.pricedOn);
  });

  it.each(rows)("%s is of Arm exactly where the name says so", (name, { architecture }) => {
    expect(architecture).toBe(/^[a-z]\dg\./.test(name) ? "arm64" : "x86_64");
  });

  it("has GPUs exactly in the families g and p, as many as EC2 sells in one machine", () => {
    expect(withGpus.map(([name]) => name)).toEqual(rows.map(([name]) => name).filter((n) => /^[gp]/.test(n)));
    for (const [name, { count }] of withGpus) expect([name, [1, 4, 8].includes(count)]).toEqual([name, true]);
  });

  it("costs more with each size of a family", () => {
    const sizeOf = (name: string) => findInstanceType(name)?.vcpus ?? 0;
    const families = Map.groupBy(rows, ([name]) => name.split(".")[0]);
    for (const members of families.values()) {
      const prices = members.toSorted(([a], [b]) => sizeOf(a) - sizeOf(b)).map(([, row]) => row.usdPerHour);
      expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    }
  });
});

describe("the price list", () => {
  it.each([
    ["g4dn.xlarge", 0.526, "T4", 1],
    ["g5.xlarge", 1.006, "A10G", 1],
    ["g6.xlarge", 0.805, "L4", 1],
    ["g6e.xlarge", 1.861, "L40S", 1],
    ["g7.2xlarge", 2.52, "RTX PRO 4500", 1],
    ["g7e.2xlarge", 3.363, "RTX PRO 6000", 1],
    ["g5.12xlarge", 5.672, "A10G", 4],
    ["g6e.12xlarge", 10.493, "L40S", 4],
    ["p4d.24xlarge", 21.958, "A100 40GB", 8],
    ["p5.4xlarge", 6.88, "H100", 1],
    ["p5.48xlarge", 55.04, "H100", 8],
    ["p5en.48xlarge", 63.296, "H200", 8],
    ["p6-b200.48xlarge", 113.933, "B200", 8],
    ["p6-b300.48xlarge", 142.416, "B300", 8],
  ])("of 2026-07-20 has %s at %d USD an hour with %s × %d", (name, usdPerHour, model, count) => {
    expect(findInstanceType(name)).toMatchObject({
      usdPerHour,
      gpu: { model, count },
      pricedOn: "2026-07-20",
    });
  });
});

describe("GPU models", () => {
  it("can MIG only in the A100, H100, H200 and B classes", () => {
    for (const [model, { isMigCapable }] of Object.entries(GPU_MODELS)) {
      expect([model, isMigCapable]).toEqual([model, /^(A100|H100|H200|B[23]00)/.test(model)]);
    }
  });

  it("are each in an instance type, with more memory from one class to the next", () => {
    const used = new Set(withGpus.map(([, { model }]) => model));
    expect([...used].toSorted()).toEqual(Object.keys(GPU_MODELS).toSorted());
    const { L4, L40S, H100, H200, B200, B300 } = GPU_MODELS;
    const sizes = [L4, L40S, H100, H200, B200, B300].map(({ memoryGib }) => memoryGib);
    expect(sizes).toEqual([22, 44, 80, 141, 179, 268]);
  });
});

it("finds nothing for a name that the table lacks, nor for a name that every object has", () => {
  expect(findInstanceType("g6.metal")).toBeUndefined();
  expect(findInstanceType("constructor")).toBeUndefined();
});

describe("the instance table", () => {
  it.each([
    ["validation of pools", "components/gpu-pool/gpu-pool.rules.ts"],
    ["validation of models", "stacks/aws/gpu-placement.ts"],
    ["quotas", "stacks/aws/aws-problems.ts"],
    ["cost preview", "stacks/preview/cost.ts"],
    ["policies", "policies/kubernetes/pool-cost.ts"],
    ["docs", "stacks/write-schema.ts"],
  ])("is the one source of %s", (_, path) => {
    expect(readSource(path).local).toContain("components/contract/instance-types.ts");
  });

  it("is the only file that names prices of instance types", () => {
    const priced = listFiles()
      .filter((path) => /^(components|policies|serving|stacks)\/.*\.ts$/.test(path))
      .filter((path) => /"[a-z0-9-]+\.(\d*x?large|medium)": \{/.test(readText(path)));
    expect(priced).toEqual(["components/contract/instance-types.ts"]);
  });
});
