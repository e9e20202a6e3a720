// What a stack runs, by content: the identity that moves between environments, and where two of them differ. Pure.
import { z } from "zod";
import { weightsIdentity } from "../components/serving/weights-identity.ts";
import type { ConfigProblem } from "../serving/contract/config-error.ts";
import type { StackSettings } from "./settings.ts";

/** Written into the stack's outputs, where the next environment reads it. */
export const releaseSchema = z.object({
  /** Digest of the runtime image; its repository may differ between environments. */
  imageDigest: z.string(),
  /** Endpoint → version → checksum of its weights. */
  endpoints: z.record(z.string(), z.record(z.string(), z.string())),
});

export type Release = z.output<typeof releaseSchema>;

export function releaseOf({ endpoints }: StackSettings, imageDigest: string): Release {
  const versions = Object.entries(endpoints).map(([endpoint, { versions }]) => [
    endpoint,
    Object.fromEntries(
      Object.entries(versions).map(([version, settings]) => [version, weightsIdentity(settings)] as const),
    ),
  ]);
  return { imageDigest, endpoints: Object.fromEntries(versions) };
}

/**
 * What `own` would run although `source`, the environment before it, does not run it: one problem each, by path in
 * the stack file. Versions that only `source` runs are none: they are still on their way.
 */
export function findDrift(own: Release, source: Release, from: string): readonly ConfigProblem[] {
  const image: readonly ConfigProblem[] =
    own.imageDigest === source.imageDigest
      ? []
      : [
          {
            path: "rampa:image.digest",
            got: own.imageDigest,
            want: `${source.imageDigest}, which runs in ${from}`,
          },
        ];
  const versions = Object.entries(own.endpoints).flatMap(([endpoint, each]) =>
    Object.entries(each).flatMap(([version, sha256]) => {
      const theirs = source.endpoints[endpoint]?.[version];
      if (theirs === sha256) return [];
      const path = `rampa:endpoints.${endpoint}.versions.${version}`;
      return theirs === undefined
        ? [{ path, got: "a version that has not run there", want: `a version that runs in ${from}` }]
        : [{ path: `${path}.artefact.sha256`, got: sha256, want: `${theirs}, which runs in ${from}` }];
    }),
  );
  return [...image, ...versions];
}
