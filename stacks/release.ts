// What a stack runs, by content: the identity that moves between environments, and where two of them differ. Pure.
import { z } from "zod";
import type { VersionSettings } from "../components/serving/serving.args.ts";
import { weightsIdentity } from "../components/serving/weights-identity.ts";
import type { ConfigProblem } from "../serving/contract/config-error.ts";
import type { StackSettings } from "./settings.ts";

/** Written into the stack's outputs, where the next environment reads it. */
export const releaseSchema = z.object({
  /** Digest of the runtime image; its repository may differ between environments. */
  imageDigest: z.string(),
  /** Endpoint → version → its weights with the engine's own image, or what a provider is asked for. */
  endpoints: z.record(z.string(), z.record(z.string(), z.string())),
});

export type Release = z.output<typeof releaseSchema>;

export function releaseOf({ endpoints }: StackSettings, imageDigest: string): Release {
  const versions = Object.entries(endpoints).map(([endpoint, { versions, external }]) => [
    endpoint,
    Object.fromEntries([
      ...Object.entries(versions).map(([version, settings]) => [version, contentOf(settings)] as const),
      ...Object.entries(external).map(([version, it]) => [version, `${it.provider}:${it.model}`] as const),
    ]),
  ]);
  return { imageDigest, endpoints: Object.fromEntries(versions) };
}

/** Repositories of images differ between environments, digests do not. */
function contentOf(version: VersionSettings): string {
  const weights = weightsIdentity(version);
  const image = "image" in version ? version.image : undefined;
  return image === undefined ? weights : `${weights} on ${image.slice(image.indexOf("@") + 1)}`;
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
    Object.entries(each).flatMap(([version, content]) => {
      const theirs = source.endpoints[endpoint]?.[version];
      if (theirs === content) return [];
      const path = `rampa:endpoints.${endpoint}.versions.${version}`;
      return theirs === undefined
        ? [{ path, got: "a version that has not run there", want: `a version that runs in ${from}` }]
        : [{ path, got: content, want: `${theirs}, which runs in ${from}` }];
    }),
  );
  return [...image, ...versions];
}
