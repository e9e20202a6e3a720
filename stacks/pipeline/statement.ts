// What is said about an image, as in-toto statements: that it is ours, how it was built, what is inside. Pure.
import { z } from "zod";
import { type Digest, digestOf } from "../local/images/blob-store.ts";
import { canonicalJson } from "../local/images/oci-documents.ts";

export const PREDICATES = {
  signature: "https://sigstore.dev/cosign/sign/v1",
  provenance: "https://slsa.dev/provenance/v1",
  sbom: "https://cyclonedx.org/bom",
} as const;

export type StatementKind = keyof typeof PREDICATES;
export const STATEMENT_KINDS: readonly StatementKind[] = ["signature", "provenance", "sbom"];

const statementSchema = z.object({
  // cosign still writes the earlier version, which has the same fields.
  _type: z.enum(["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"]),
  subject: z
    .array(z.object({ name: z.string().optional(), digest: z.record(z.string(), z.string()) }))
    .min(1),
  predicateType: z.string(),
  predicate: z.record(z.string(), z.unknown()).default({}),
});

export type Statement = z.output<typeof statementSchema>;

/** Undefined for what is no statement. */
export function parseStatement(value: unknown): Statement | undefined {
  return statementSchema.safeParse(value).data;
}

export type Subject = { readonly repository: string; readonly digest: Digest };

export function encodeStatement(
  { repository, digest }: Subject,
  kind: StatementKind,
  predicate: Readonly<Record<string, unknown>>,
): string {
  return canonicalJson({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: repository, digest: { sha256: digest.slice("sha256:".length) } }],
    predicateType: PREDICATES[kind],
    predicate,
  });
}

/** Where a build came from and who ran it. */
export type BuildOrigin = {
  /** `git+https://…@refs/heads/main`. */
  readonly source: string;
  readonly commit: string;
  /** What vouches for the build, e.g. the workflow file at its ref. */
  readonly builder: string;
  readonly invocation: string;
};

export type BuildFacts = BuildOrigin & {
  readonly repository: string;
  readonly startedOn: string;
  readonly finishedOn: string;
  readonly lockfile: Digest;
  readonly bundle: Digest;
  readonly sbom: Digest;
};

const BUILD_TYPE = "https://rampa.dev/build/runtime-image/v1";

/** SLSA provenance v1. */
export function provenanceOf(facts: BuildFacts): Readonly<Record<string, unknown>> {
  const { source, commit, builder, invocation, repository, startedOn, finishedOn } = facts;
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { source, repository },
      internalParameters: {},
      resolvedDependencies: [
        { uri: source, digest: { gitCommit: commit } },
        { name: "package-lock.json", digest: { sha256: hexOf(facts.lockfile) } },
      ],
    },
    runDetails: {
      builder: { id: builder },
      metadata: { invocationId: invocation, startedOn, finishedOn },
      byproducts: [
        { name: "bundle", digest: { sha256: hexOf(facts.bundle) } },
        { name: "sbom", digest: { sha256: hexOf(facts.sbom) } },
      ],
    },
  };
}

const provenanceSchema = z.object({
  buildDefinition: z.object({
    buildType: z.string(),
    resolvedDependencies: z.array(z.object({ digest: z.record(z.string(), z.string()) })).default([]),
  }),
  runDetails: z.object({ builder: z.object({ id: z.string() }) }),
});

export type Expected = {
  readonly digest: Digest;
  /** Digest of the bill of materials that the image itself names. */
  readonly sbom: string | undefined;
  /** Who must have built it; any builder when left out. */
  readonly builder?: string;
};

/** What is missing or wrong in the statements whose signatures hold; empty for an image that may run. */
export function findStatementFaults(
  statements: readonly Statement[],
  { digest, sbom, builder }: Expected,
): readonly string[] {
  const about = statements.filter(({ subject }) => subject.some((it) => it.digest.sha256 === hexOf(digest)));
  const of = (kind: StatementKind): readonly Statement[] =>
    about.filter(({ predicateType }) => predicateType === PREDICATES[kind]);
  const missing = STATEMENT_KINDS.filter((kind) => of(kind).length === 0);
  const bills = of("sbom").map(({ predicate }) => digestOf(canonicalJson(predicate)));
  const builds = of("provenance").flatMap(
    ({ predicate }) => provenanceSchema.safeParse(predicate).data ?? [],
  );
  const builders = builds.map(({ runDetails }) => runDetails.builder.id);
  return [
    ...missing.map((kind) => `no ${kind} with a valid signature`),
    ...(bills.length === 0 || bills.some((it) => it === sbom)
      ? []
      : [`sbom: got ${bills.join(", ")}, want ${sbom ?? "one that the image names"}`]),
    ...(of("provenance").length > 0 && builds.every(({ buildDefinition: it }) => it.buildType !== BUILD_TYPE)
      ? [`provenance: want build type ${BUILD_TYPE}`]
      : []),
    ...(builder === undefined || missing.includes("provenance") || builders.includes(builder)
      ? []
      : [`builder: got ${builders.join(", ")}, want ${builder}`]),
  ];
}

function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}
