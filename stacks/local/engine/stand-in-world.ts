// Where the stand-ins work: on real things, in a plan of which nothing comes true, or in a world made up for tests.

/** Set in throw-away engines only: see `offline-engine.ts`. */
export const WORLD_VARIABLE = "RAMPA_STAND_INS";

/**
 * - `real`: what is reported as done was done. The AWS stand-in has no access to AWS, so there it only plans.
 * - `plan`: nothing is asked, nothing is done; previews only.
 * - `simulate`: resources exist in the state alone. For tests of upgrades.
 */
export type StandInWorld = "real" | "plan" | "simulate";

/** Anything else than the two words is the real world, where the stand-ins are strictest. */
export function standInWorld(value: string | undefined = process.env[WORLD_VARIABLE]): StandInWorld {
  return value === "plan" || value === "simulate" ? value : "real";
}
