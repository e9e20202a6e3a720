// Settings that say in which account and region of AWS a component's resources are.
import { z } from "zod";
import { findRegion } from "../contract/regions.ts";

/** Plain, not looked up: policies and names are then the same offline and in a preview. */
export const accountId = z
  .string()
  .regex(/^\d{12}$/, "an AWS account ID of 12 digits, quoted")
  .describe("Account that the provider is allowed to work in, as a quoted text of 12 digits.");

export const regionName = z
  .string()
  .refine(
    (name) => findRegion(name) !== undefined,
    "a region of components/contract/regions.ts, e.g. eu-central-1",
  )
  .describe("Region of the provider, e.g. `eu-central-1`.");
