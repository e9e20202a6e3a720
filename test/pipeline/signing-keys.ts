// Fresh key pairs as `openssl genpkey` makes them.
import { generateKeyPairSync } from "node:crypto";

export type KeyPair = { readonly privatePem: string; readonly publicPem: string };

export function newKeyPair(namedCurve = "P-256"): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { privatePem: privateKey, publicPem: publicKey };
}
