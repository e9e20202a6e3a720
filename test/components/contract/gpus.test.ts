// GPU names and MIG profiles: each profile can be true for its model.
import { describe, expect, it } from "vitest";
import { gpuSlug, migOf } from "../../../components/contract/gpus.ts";
import {
  GPU_MODELS,
  INSTANCE_TYPES,
  type InstanceType,
} from "../../../components/contract/instance-types.ts";

type Model = NonNullable<InstanceType["gpu"]>["model"];
const models: readonly Model[] = Object.values(INSTANCE_TYPES).flatMap((row: InstanceType) =>
  row.gpu === undefined ? [] : [row.gpu.model],
);

describe("gpuSlug", () => {
  it.each([
    ["L4", "l4"],
    ["A100 40GB", "a100-40gb"],
    ["RTX PRO 6000", "rtx-pro-6000"],
  ] as const)("makes %s the label value %s", (model, slug) => expect(gpuSlug(model)).toBe(slug));
});

describe("MIG", () => {
  it.each([...new Set(models)])("is for the %s exactly where the table of models says so", (model) => {
    expect(migOf(model) !== undefined).toBe(GPU_MODELS[model].isMigCapable);
  });

  it.each([...new Set(models)].filter((model) => migOf(model) !== undefined))(
    "cuts the %s into no more than seven slices and its memory",
    (model) => {
      const { profiles = {}, bottlerocketKey = "" } = migOf(model) ?? {};
      const gigabytes = Number(/\.(\d+)gb$/.exec(bottlerocketKey)?.[1]);
      expect(Object.keys(profiles)).toHaveLength(6);
      for (const [profile, parts] of Object.entries(profiles)) {
        const [slices, memory] = profile.split("g.").map((text) => Number.parseInt(text, 10));
        expect((slices ?? 0) * parts).toBeLessThanOrEqual(7);
        // Names round each part up.
        expect((memory ?? 0) * parts).toBeLessThanOrEqual(gigabytes * 1.02);
      }
    },
  );

  it("has seven smallest parts and one whole in every model", () => {
    for (const model of models) {
      const parts = Object.values(migOf(model)?.profiles ?? {});
      if (parts.length > 0) expect([model, parts]).toEqual([model, [7, 4, 3, 2, 1, 1]]);
    }
  });
});
