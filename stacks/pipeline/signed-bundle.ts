// Signs statements with a key of one's own: DSSE in a Sigstore bundle v0.3, as cosign writes and verifies it.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../local/images/oci-documents.ts";
import { parseJson } from "../local/parse-json.ts";
import { PipelineError } from "./pipeline-error.ts";
import { parseStatement, type Statement } from "./statement.ts";

export const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const CURVE = "prime256v1";

const bundleSchema = z.object({
  mediaType: z.literal(BUNDLE_TYPE),
  dsseEnvelope: z.object({
    payload: z.base64(),
    payloadType: z.literal(PAYLOAD_TYPE),
    signatures: z.array(z.object({ sig: z.base64() })).min(1),
  }),
});

/** A P-256 private key in PEM; throws `pipeline.signature`, and never says what it was given. */
export function readSigningKey(pem: string): KeyObject {
  return readKey(() => createPrivateKey(pem), "private");
}

export function readPublicKey(pem: string): KeyObject {
  // A private key would be taken too, and belongs nowhere near a check.
  return readKey(() => (pem.includes("PRIVATE KEY") ? undefined : createPublicKey(pem)), "public");
}

function readKey(read: () => KeyObject | undefined, kind: "private" | "public"): KeyObject {
  try {
    const key = read();
    if (key?.asymmetricKeyDetails?.namedCurve === CURVE) return key;
  } catch {
    // Node's reasons may quote the key; all of them mean the same to the caller.
  }
  const next = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 makes one";
  throw new PipelineError(
    "pipeline.signature",
    `want a ${kind} key for ECDSA on P-256 in PEM, unencrypted`,
    next,
  );
}

export function signStatement(statement: string, key: KeyObject): string {
  const payload = Buffer.from(statement);
  const signature = sign("sha256", preAuthentication(payload), key);
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  const hint = createHash("sha256").update(der).digest("base64");
  return canonicalJson({
    mediaType: BUNDLE_TYPE,
    verificationMaterial: { publicKey: { hint } },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: signature.toString("base64") }],
    },
  });
}

/** The statement of a bundle that this key signed; undefined for every other text. */
export function verifyBundle(text: string, key: KeyObject): Statement | undefined {
  const { data } = bundleSchema.safeParse(parseJson(text));
  if (data === undefined) return undefined;
  const { payload, signatures } = data.dsseEnvelope;
  const bytes = Buffer.from(payload, "base64");
  const signed = preAuthentication(bytes);
  const holds = signatures.some(({ sig }) => verify("sha256", signed, key, Buffer.from(sig, "base64")));
  return holds ? parseStatement(parseJson(bytes.toString())) : undefined;
}

/** DSSE's encoding of what is signed: type and payload, each with its length, so that neither runs into the other. */
function preAuthentication(payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(PAYLOAD_TYPE)} ${PAYLOAD_TYPE} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}
