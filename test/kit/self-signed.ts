// A key and a certificate for some addresses, which is its own authority.
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

export type SelfSigned = { readonly key: string; readonly cert: string };

/** Both in PEM form; addresses are those of IP or names. */
export async function selfSigned(...addresses: readonly string[]): Promise<SelfSigned> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const names = addresses.map((value) => ({
    type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const),
    value,
  }));
  const extensions = [new x509.SubjectAlternativeNameExtension(names)];
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test",
    keys,
    signingAlgorithm: algorithm,
    extensions,
  });
  const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    cert: cert.toString("pem"),
  };
}
