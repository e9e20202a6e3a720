// Refuses a stack that would run something else than the environment before it ran.
import { getOrganization, getProject, StackReference } from "@pulumi/pulumi";
import { ConfigError } from "../serving/contract/config-error.ts";
import { findDrift, type Release, releaseSchema } from "./release.ts";
import type { StackSettings } from "./settings.ts";
import { StackError } from "./stack-error.ts";

/**
 * Compares with the outputs of the stack in `rampa:promotion.from`, which has to be in the same backend. Throws
 * ConfigError with every difference, or StackError where that stack has not been deployed.
 */
export async function requirePromoted({ stack, promotion }: StackSettings, release: Release): Promise<void> {
  if (promotion === undefined) return;
  const { from, rollbackTo } = promotion;
  const reference = new StackReference(from, { name: `${getOrganization()}/${getProject()}/${from}` });
  const { value } = await reference.getOutputDetails("release");
  const source = releaseSchema.safeParse(value).data;
  if (source === undefined) {
    throw new StackError(
      "stack.nothing-to-promote",
      `stack ${stack} takes over what ${from} runs, and ${from} has not been deployed`,
      `npm run up -- --stack ${from}`,
    );
  }
  const wanted = release.imageDigest === rollbackTo ? { ...source, imageDigest: rollbackTo } : source;
  const drift = findDrift(release, wanted, from);
  if (drift.length === 0) return;
  throw new ConfigError(
    `stacks/Pulumi.${stack}.yaml`,
    drift,
    `npm run rampa -- promote --stack ${stack}, or deploy ${from} first`,
  );
}
