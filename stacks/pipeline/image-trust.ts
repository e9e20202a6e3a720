// Who signs images and whom to believe: a key of one's own, or the identity of a workflow by cosign.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Digest } from "../local/images/blob-store.ts";
import { attachDocument, readDocuments } from "../local/images/referrers.ts";
import type { Registry } from "../local/images/registry-client.ts";
import { runTool } from "../local/images/tool.ts";
import { parseJson } from "../local/parse-json.ts";
import { PipelineError } from "./pipeline-error.ts";
import { BUNDLE_TYPE, readPublicKey, readSigningKey, signStatement, verifyBundle } from "./signed-bundle.ts";
import {
  encodeStatement,
  PREDICATES,
  parseStatement,
  type Statement,
  type StatementKind,
} from "./statement.ts";

export type TrustedImage = {
  readonly registry: Registry;
  /** `registry/repository`, as pods name it. */
  readonly repository: string;
  readonly digest: Digest;
};

export type Predicates = Readonly<Record<StatementKind, Readonly<Record<string, unknown>>>>;

export type Signer =
  | { readonly kind: "key"; readonly pem: string }
  /** cosign: options that say by what, e.g. none for the identity of the job. */
  | { readonly kind: "cosign"; readonly options: readonly string[] };

export type Trust =
  | { readonly kind: "key"; readonly pem: string }
  /** cosign: options that say whom to believe, e.g. identity and issuer. */
  | { readonly kind: "cosign"; readonly options: readonly string[] };

export const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";
const COSIGN_WITHIN_MS = 180_000;
/** cosign's own words for the kinds of statement. */
const COSIGN_TYPES = { provenance: "slsaprovenance1", sbom: "cyclonedx" } as const;

/** Signs the digest, its provenance and its bill of materials, and attaches all three in the registry. */
export async function signImage(image: TrustedImage, predicates: Predicates, signer: Signer): Promise<void> {
  if (signer.kind === "cosign") return signByCosign(image, predicates, signer.options);
  const key = readSigningKey(signer.pem);
  for (const kind of ["sbom", "provenance", "signature"] as const) {
    const text = signStatement(encodeStatement(image, kind, predicates[kind]), key);
    const annotations = {
      "dev.sigstore.bundle.content": "dsse-envelope",
      "dev.sigstore.bundle.predicateType": PREDICATES[kind],
    };
    await attachDocument(image.registry, image.digest, { type: BUNDLE_TYPE, text, annotations });
  }
}

/** The statements about an image whose signatures hold. */
export async function readTrustedStatements(
  { registry, repository, digest }: TrustedImage,
  trust: Trust,
): Promise<readonly Statement[]> {
  if (trust.kind === "cosign") return readByCosign(`${repository}@${digest}`, trust.options);
  const key = readPublicKey(trust.pem);
  const texts = await readDocuments(registry, digest, BUNDLE_TYPE);
  return texts.flatMap((text) => verifyBundle(text, key) ?? []);
}

async function signByCosign(
  { repository, digest }: TrustedImage,
  predicates: Predicates,
  options: readonly string[],
): Promise<void> {
  const reference = `${repository}@${digest}`;
  const folder = await mkdtemp(join(tmpdir(), "rampa-sign-"));
  try {
    for (const kind of ["sbom", "provenance"] as const) {
      const file = join(folder, `${kind}.json`);
      await writeFile(file, JSON.stringify(predicates[kind]));
      const what = ["--type", COSIGN_TYPES[kind], "--predicate", file];
      await cosign(["attest", "--yes", ...what, ...options, reference]);
    }
    await cosign(["sign", "--yes", ...options, reference]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readByCosign(reference: string, options: readonly string[]): Promise<readonly Statement[]> {
  const signed = await cosign(["verify", "--output", "json", ...options, reference]);
  const attested = await Promise.all(
    Object.values(COSIGN_TYPES).map((type) =>
      cosign(["verify-attestation", "--type", type, ...options, reference]),
    ),
  );
  const envelopes = attested.flatMap((text) => text.split("\n")).map(parseJson);
  return [...signatureStatements(parseJson(signed)), ...envelopes.flatMap((it) => statementIn(it) ?? [])];
}

const cosignEnvelope = z.object({ payload: z.base64() });
const cosignSignatures = z.array(
  z.object({ critical: z.object({ image: z.object({ "docker-manifest-digest": z.string() }) }) }),
);

function statementIn(envelope: unknown): Statement | undefined {
  const { data } = cosignEnvelope.safeParse(envelope);
  return data && parseStatement(parseJson(Buffer.from(data.payload, "base64").toString()));
}

/** cosign answers in the words of simple signing, whatever the registry holds. */
function signatureStatements(answer: unknown): readonly Statement[] {
  return (cosignSignatures.safeParse(answer).data ?? []).map(({ critical }) => ({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: critical.image["docker-manifest-digest"].replace("sha256:", "") } }],
    predicateType: PREDICATES.signature,
    predicate: {},
  }));
}

async function cosign(args: readonly string[]): Promise<string> {
  const { ok, stdout, stderr } = await runTool("cosign", args, { deadlineMs: COSIGN_WITHIN_MS });
  if (ok) return stdout;
  const reason = stderr.trim().split("\n").at(-1) ?? "";
  const next = /ENOENT/.test(stderr) ? "install cosign 3, or sign with a key" : "read the answer of cosign";
  throw new PipelineError("pipeline.signature", `cosign ${args[0]}: ${reason}`, next);
}

/** From `RAMPA_SIGNING_KEY`, else by cosign with the identity of the job. */
export function signerFrom(env: NodeJS.ProcessEnv): Signer {
  const pem = env.RAMPA_SIGNING_KEY;
  return pem === undefined || pem === "" ? { kind: "cosign", options: [] } : { kind: "key", pem };
}

export type TrustOptions = { readonly key?: string; readonly identity?: string; readonly issuer?: string };

/** Throws `pipeline.environment` where neither a key nor an identity is named. */
export async function trustFrom({ key, identity, issuer = GITHUB_ISSUER }: TrustOptions): Promise<Trust> {
  if (key !== undefined) return { kind: "key", pem: await readFile(key, "utf8") };
  if (identity !== undefined) {
    const options = ["--certificate-identity", identity, "--certificate-oidc-issuer", issuer];
    return { kind: "cosign", options };
  }
  const next = "name who signs: --key FILE, or --identity URL";
  throw new PipelineError("pipeline.environment", "nobody is named whose signature counts", next);
}
