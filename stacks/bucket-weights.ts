// Weights in buckets: which versions have them, and whether anything gives their pods the right to read them. Pure.
import { z } from "zod";
import type { VersionSettings } from "../components/serving/serving.args.ts";

export const bucketAccess = z
  .enum(["public", "pod-identity"])
  .describe(
    "How pods read `s3://` weights on a cluster that is not the stack's own: `public` without credentials, `pod-identity` with those of a role that its administrators gave the ServiceAccount `model`. A cluster of the stack's own gives it a role for its own bucket.",
  );

type Endpoints = Readonly<Record<string, { readonly versions: Readonly<Record<string, VersionSettings>> }>>;
type Address = { readonly path: readonly string[]; readonly address: string };
type Problem = { readonly section: string; readonly path: readonly string[]; readonly want: string };

/** Every address of weights in a bucket, with its path inside `rampa:endpoints`. */
export function bucketWeights(endpoints: Endpoints): readonly Address[] {
  return Object.entries(endpoints).flatMap(([endpoint, { versions }]) =>
    Object.entries(versions).flatMap(([name, version]) =>
      addressesOf(version).map(({ path, address }) => ({
        path: [endpoint, "versions", name, ...path],
        address,
      })),
    ),
  );
}

/** Wherever an engine's settings have them; a card is nothing that pods read. */
function addressesOf({ card: _card, ...version }: VersionSettings): readonly Address[] {
  return addressesIn(version, []);
}

function addressesIn(value: unknown, path: readonly string[]): readonly Address[] {
  if (typeof value === "string") return value.startsWith("s3://") ? [{ path, address: value }] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => addressesIn(inner, [...path, key]));
}

const NOTHING = "nothing, as the stack's own cluster gives its pods a role for its own bucket";
const NO_CREDENTIALS =
  "an address that needs no credentials, or `rampa:bucketAccess`, which says how pods of this cluster get them";

/** `ownWeights` is the start of all addresses that the role of a stack's own cluster reads; undefined without one. */
export function findBucketProblems(
  endpoints: Endpoints,
  access: z.output<typeof bucketAccess> | undefined,
  ownWeights: string | undefined,
): readonly Problem[] {
  const weights = bucketWeights(endpoints);
  if (ownWeights === undefined) {
    return access === undefined ? weights.map(({ path }) => problemAt(path, NO_CREDENTIALS)) : [];
  }
  const want = `${ownWeights}…, as the role of the stack's own cluster reads nothing else`;
  return [
    ...(access === undefined ? [] : [{ section: "rampa:bucketAccess", path: [], want: NOTHING }]),
    ...weights
      .filter(({ address }) => !address.startsWith(ownWeights))
      .map(({ path }) => problemAt(path, want)),
  ];
}

function problemAt(path: readonly string[], want: string): Problem {
  return { section: "rampa:endpoints", path, want };
}
