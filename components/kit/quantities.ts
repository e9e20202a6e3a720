// Kubernetes quantities as settings: CPU, memory, and comparison of the two forms of each.
import { z } from "zod";

export const cpuQuantity = z
  .string()
  .regex(/^([1-9]\d*m|[1-9]\d*(\.\d{1,3})?|0\.\d{1,3})$/, "CPU cores as text, e.g. 500m, 1 or 2.5");

export const memoryQuantity = z
  .string()
  .regex(/^[1-9]\d*(Ki|Mi|Gi|Ti)$/, "memory as text with a binary unit, e.g. 512Mi or 4Gi");

/** Thousandths of a core. */
export function toMilliCpu(quantity: string): number {
  return quantity.endsWith("m") ? Number(quantity.slice(0, -1)) : Math.round(Number(quantity) * 1000);
}

const MEBIBYTES = { Ki: 1 / 1024, Mi: 1, Gi: 1024, Ti: 1024 ** 2 } as const;

/** Of a checked memory quantity; 0 of any other text. */
export function toMebibytes(quantity: string): number {
  const [unit] = Object.entries(MEBIBYTES).filter(([suffix]) => quantity.endsWith(suffix));
  return unit === undefined ? 0 : Number.parseInt(quantity, 10) * unit[1];
}

/** What one container gets: the CPU request may be smaller than the limit, memory is reserved in full. */
export const containerResources = z
  .strictObject({
    cpu: cpuQuantity.describe("CPU limit; thread pools are sized from it."),
    cpuRequest: cpuQuantity
      .optional()
      .describe("CPU that the scheduler sets aside; the whole limit when left out, for even speed."),
    memory: memoryQuantity.describe("Memory limit and request; a container above it is killed."),
  })
  .refine((it) => it.cpuRequest === undefined || toMilliCpu(it.cpuRequest) <= toMilliCpu(it.cpu), {
    path: ["cpuRequest"],
    message: "at most the CPU limit (`cpu`)",
  });

export type ContainerResources = z.output<typeof containerResources>;

/** Requests and limits of a container. */
export function toResourceRequirements(resources: ContainerResources): {
  requests: { cpu: string; memory: string };
  limits: { cpu: string; memory: string };
} {
  return {
    requests: { cpu: resources.cpuRequest ?? resources.cpu, memory: resources.memory },
    limits: { cpu: resources.cpu, memory: resources.memory },
  };
}
