// Kubernetes quantities as numbers.
import { expect, it } from "vitest";
import { quantityOf } from "../../policies/kubernetes/quantity.ts";
import { Value } from "../../policies/value.ts";

it.each([
  [64, 64],
  ["64", 64],
  ["1.5", 1.5],
  ["500m", 0.5],
  ["2k", 2000],
  ["1Ki", 1024],
  ["1000Gi", 1000 * 2 ** 30],
  ["2T", 2e12],
  ["0", 0],
  ["", undefined],
  ["many", undefined],
  ["1Zi", undefined],
  ["5constructor", undefined],
  ["-1", undefined],
  [undefined, undefined],
  [{}, undefined],
])("reads %j as %s", (given, want) => expect(quantityOf(new Value("", given))).toBe(want));
