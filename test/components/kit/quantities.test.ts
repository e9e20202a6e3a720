// Quantities: CPU and memory as Kubernetes writes them; a request above its limit is refused.
import { describe, expect, it } from "vitest";
import {
  containerResources,
  toMebibytes,
  toMilliCpu,
  toResourceRequirements,
} from "../../../components/kit/quantities.ts";

describe("container resources", () => {
  it.each([
    ["500m", 500],
    ["1", 1000],
    ["2.5", 2500],
    ["0.25", 250],
  ])("reads %s as %i thousandths of a core", (quantity, milli) => {
    expect(toMilliCpu(quantity)).toBe(milli);
  });

  it.each([
    ["512Ki", 0.5],
    ["256Mi", 256],
    ["2Gi", 2048],
    ["1Ti", 1_048_576],
  ])("reads %s as %d MiB", (quantity, mebibytes) => {
    expect(toMebibytes(quantity)).toBe(mebibytes);
  });

  it("reserves the whole limit when no request is given", () => {
    expect(toResourceRequirements({ cpu: "2", memory: "1Gi" })).toEqual({
      requests: { cpu: "2", memory: "1Gi" },
      limits: { cpu: "2", memory: "1Gi" },
    });
  });

  it("reserves less CPU on request, never less memory", () => {
    expect(toResourceRequirements({ cpu: "1", cpuRequest: "200m", memory: "1Gi" })).toEqual({
      requests: { cpu: "200m", memory: "1Gi" },
      limits: { cpu: "1", memory: "1Gi" },
    });
  });

  it.each([
    { cpu: "1", cpuRequest: "1100m", memory: "1Gi" },
    { cpu: "0", memory: "1Gi" },
    { cpu: "1", memory: "1G" },
    { cpu: "1 core", memory: "1Gi" },
    { cpu: "1", memory: "1Gi", gpu: 1 },
  ])("refuses %j", (resources) => {
    expect(containerResources.safeParse(resources).success).toBe(false);
  });
});
