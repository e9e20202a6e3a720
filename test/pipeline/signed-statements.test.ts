// Statements about an image and their signatures, without a registry.
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../stacks/local/images/blob-store.ts";
import { canonicalJson } from "../../stacks/local/images/oci-documents.ts";
import {
  readPublicKey,
  readSigningKey,
  signStatement,
  verifyBundle,
} from "../../stacks/pipeline/signed-bundle.ts";
import {
  encodeStatement,
  findStatementFaults,
  PREDICATES,
  parseStatement,
  provenanceOf,
  type Statement,
  type StatementKind,
} from "../../stacks/pipeline/statement.ts";
import { newKeyPair } from "./signing-keys.ts";

const digest = digestOf("image");
const subject = { repository: "registry.example.com/ml/rampa", digest };
const bill = { bomFormat: "CycloneDX", components: [] };
const builder = "https://git.example.com/ml/rampa/.github/workflows/release.yml@refs/heads/main";
const provenance = provenanceOf({
  source: "git+https://git.example.com/ml/rampa@refs/heads/main",
  commit: "c".repeat(40),
  builder,
  invocation: "https://git.example.com/ml/rampa/actions/runs/7/attempts/1",
  repository: subject.repository,
  startedOn: "2026-11-21T10:00:00.000Z",
  finishedOn: "2026-11-21T10:01:00.000Z",
  lockfile: digestOf("lock"),
  bundle: digestOf("bundle"),
  sbom: digestOf(canonicalJson(bill)),
});
const keys = newKeyPair();

function statement(kind: StatementKind, predicate: Readonly<Record<string, unknown>>): Statement {
  const parsed = parseStatement(JSON.parse(encodeStatement(subject, kind, predicate)));
  if (parsed === undefined) throw new Error("no statement");
  return parsed;
}

const all = [statement("signature", {}), statement("provenance", provenance), statement("sbom", bill)];
const expected = { digest, sbom: digestOf(canonicalJson(bill)) };

describe("provenance", () => {
  it("is SLSA v1: what was built from which commit, lockfile and by whom", () => {
    expect(provenance).toMatchObject({
      buildDefinition: {
        buildType: "https://rampa.dev/build/runtime-image/v1",
        externalParameters: { repository: subject.repository },
        resolvedDependencies: [
          {
            uri: "git+https://git.example.com/ml/rampa@refs/heads/main",
            digest: { gitCommit: "c".repeat(40) },
          },
          { name: "package-lock.json", digest: { sha256: digestOf("lock").slice(7) } },
        ],
      },
      runDetails: { builder: { id: builder }, byproducts: [{ name: "bundle" }, { name: "sbom" }] },
    });
    expect(all[1]?.predicateType).toBe("https://slsa.dev/provenance/v1");
  });
});

describe("the statements of an image", () => {
  it("are complete with signature, provenance and its own bill of materials", () => {
    expect(findStatementFaults(all, { ...expected, builder })).toEqual([]);
  });

  it.each<
    [string, readonly Statement[], Partial<Parameters<typeof findStatementFaults>[1]>, readonly string[]]
  >([
    ["the signature missing", all.slice(1), {}, ["no signature with a valid signature"]],
    [
      "statements of another image",
      all,
      { digest: digestOf("other") },
      [
        "no signature with a valid signature",
        "no provenance with a valid signature",
        "no sbom with a valid signature",
      ],
    ],
    [
      "another bill of materials",
      all,
      { sbom: "sha256:other" },
      [`sbom: got ${expected.sbom}, want sha256:other`],
    ],
    [
      "an image that names none",
      all,
      { sbom: undefined },
      [`sbom: got ${expected.sbom}, want one that the image names`],
    ],
    ["another builder", all, { builder: "https://evil" }, [`builder: got ${builder}, want https://evil`]],
    [
      "another kind of build",
      [
        ...all.slice(0, 1),
        statement("provenance", {
          buildDefinition: { buildType: "x" },
          runDetails: { builder: { id: "y" } },
        }),
        ...all.slice(2),
      ],
      {},
      ["provenance: want build type https://rampa.dev/build/runtime-image/v1"],
    ],
  ])("are refused with %s", (_, statements, change, faults) => {
    expect(findStatementFaults(statements, { ...expected, ...change })).toEqual(faults);
  });
});

describe("a signed bundle", () => {
  const [own, believed] = [readSigningKey(keys.privatePem), readPublicKey(keys.publicPem)];
  const signed = signStatement(encodeStatement(subject, "signature", {}), own);

  it("gives its statement back to who holds the public key", () => {
    expect(verifyBundle(signed, believed)?.predicateType).toBe(PREDICATES.signature);
  });

  it.each<
    [
      string,
      (bundle: {
        mediaType: string;
        dsseEnvelope: { payload: string; payloadType: string; signatures: unknown[] };
      }) => void,
    ]
  >([
    ["a payload", (it) => (it.dsseEnvelope.payload = Buffer.from("{}").toString("base64"))],
    ["a type", (it) => (it.dsseEnvelope.payloadType = "application/json")],
    ["no signature", (it) => (it.dsseEnvelope.signatures = [])],
    [
      "a signature",
      (it) => (it.dsseEnvelope.signatures = [{ sig: Buffer.from("no signature").toString("base64") }]),
    ],
    ["a kind of bundle", (it) => (it.mediaType = "application/vnd.dev.sigstore.bundle.v9+json")],
  ])("says nothing with %s put in its place", (_, change) => {
    const bundle = JSON.parse(signed);
    change(bundle);
    expect(verifyBundle(JSON.stringify(bundle), believed)).toBeUndefined();
  });

  it("says nothing to who believes another key, and other texts never do", () => {
    expect(verifyBundle(signed, readPublicKey(newKeyPair().publicPem))).toBeUndefined();
    expect(verifyBundle("not JSON", believed)).toBeUndefined();
  });

  const rsa = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });

  it.each([
    ["no PEM", "planted-secret"],
    ["RSA", rsa.privateKey],
    ["another curve", newKeyPair("P-384").privatePem],
  ])("is made by a key on P-256 alone, and %s is refused without being quoted", (_, pem) => {
    const read = () => readSigningKey(pem);
    expect(read).toThrow("want a private key for ECDSA on P-256 in PEM, unencrypted");
    expect(read).not.toThrow("planted-secret");
  });

  it("is not checked with a private key", () => {
    expect(() => readPublicKey(keys.privatePem)).toThrow("want a public key");
  });
});
