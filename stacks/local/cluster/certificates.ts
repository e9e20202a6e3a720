// The cluster's certificates: an authority for the cluster's life, the user's leaf for months, the parts' for one start.
import { generateKeyPairSync, randomBytes, webcrypto } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { NODE_NAME } from "./instance.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 365;
const RENEW_BEFORE_DAYS = 30;

type Leaf = {
  readonly file: string;
  readonly name: string;
  readonly organisation?: string;
  readonly usage: "client" | "server" | "both";
  readonly hosts?: readonly string[];
  /** Kept over restarts: it is part of the kubeconfig, and a new one would show as a change in every preview. */
  readonly isLongLived?: boolean;
};

type Authority = { readonly certificate: x509.X509Certificate; readonly key: webcrypto.CryptoKey };

/** Who holds which identity; names and groups are those the API server's authorizers expect. */
export function planLeaves(nodeIp: string, apiServiceIp: string): readonly Leaf[] {
  const api = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
  return [
    {
      file: "apiserver",
      name: "kube-apiserver",
      usage: "server",
      hosts: [...api, "kubernetes.default.svc.cluster.local", "localhost", "127.0.0.1", nodeIp, apiServiceIp],
    },
    { file: "etcd", name: "etcd", usage: "both", hosts: ["localhost", "127.0.0.1"] },
    { file: "etcd-client", name: "kube-apiserver-etcd-client", usage: "client" },
    {
      file: "apiserver-kubelet-client",
      name: "kube-apiserver-kubelet-client",
      organisation: "system:masters",
      usage: "client",
    },
    { file: "kubelet", name: `system:node:${NODE_NAME}`, organisation: "system:nodes", usage: "client" },
    { file: "kubelet-server", name: NODE_NAME, usage: "server", hosts: [NODE_NAME, nodeIp] },
    { file: "controller-manager", name: "system:kube-controller-manager", usage: "client" },
    { file: "scheduler", name: "system:kube-scheduler", usage: "client" },
    { file: "kube-proxy", name: "system:kube-proxy", usage: "client" },
    { file: "supervisor", name: "rampa:supervisor", organisation: "system:monitoring", usage: "client" },
    {
      file: "admin",
      name: "rampa-admin",
      organisation: "system:masters",
      usage: "client",
      isLongLived: true,
    },
  ];
}

/** Writes everything missing into `directory`; the authority and the token key stay, the parts' leaves are new. */
export async function writeCertificates(directory: string, leaves: readonly Leaf[]): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const authority = await ensureAuthority(directory);
  ensureTokenKey(directory);
  ensureEncryptionKey(directory);
  const due = leaves.filter((leaf) => !(leaf.isLongLived && isFarFromExpiry(directory, leaf)));
  await Promise.all(due.map((leaf) => issueLeaf(directory, authority, leaf)));
}

function isFarFromExpiry(directory: string, leaf: Leaf): boolean {
  const file = join(directory, `${leaf.file}.crt`);
  if (!existsSync(file) || !existsSync(join(directory, `${leaf.file}.key`))) return false;
  const { notAfter } = new x509.X509Certificate(readFileSync(file, "utf8"));
  return notAfter.getTime() - Date.now() > RENEW_BEFORE_DAYS * DAY_MS;
}

async function ensureAuthority(directory: string): Promise<Authority> {
  const certificateFile = join(directory, "ca.crt");
  const keyFile = join(directory, "ca.key");
  if (existsSync(certificateFile) && existsSync(keyFile)) {
    const key = x509.PemConverter.decodeFirst(readFileSync(keyFile, "utf8"));
    return {
      certificate: new x509.X509Certificate(readFileSync(certificateFile, "utf8")),
      key: await webcrypto.subtle.importKey("pkcs8", key, ALGORITHM, false, ["sign"]),
    };
  }
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(AUTHORITY_DAYS),
    name: "CN=rampa-local-cluster",
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  writeSecret(keyFile, await exportKey(keys.privateKey));
  writeSecret(certificateFile, `${certificate.toString("pem")}\n`);
  return { certificate, key: keys.privateKey };
}

async function issueLeaf(directory: string, authority: Authority, leaf: Leaf): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(LEAF_DAYS),
    subject: [{ CN: [leaf.name] }, ...(leaf.organisation === undefined ? [] : [{ O: [leaf.organisation] }])],
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usagesOf(leaf)),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      ...(leaf.hosts === undefined ? [] : [new x509.SubjectAlternativeNameExtension(leaf.hosts.map(toName))]),
    ],
  });
  writeSecret(join(directory, `${leaf.file}.key`), await exportKey(keys.privateKey));
  writeSecret(join(directory, `${leaf.file}.crt`), `${certificate.toString("pem")}\n`);
}

function usagesOf(leaf: Leaf): x509.ExtendedKeyUsage[] {
  return [
    ...(leaf.usage === "client" ? [] : [x509.ExtendedKeyUsage.serverAuth]),
    ...(leaf.usage === "server" ? [] : [x509.ExtendedKeyUsage.clientAuth]),
  ];
}

function toName(host: string): x509.JsonGeneralName {
  return { type: /^[\d.]+$/.test(host) ? "ip" : "dns", value: host };
}

/** An hour back, because the clock of a laptop that just woke may be behind. */
function validity(days: number) {
  return {
    // The leading 1 keeps the number positive (RFC 5280, 4.1.2.2).
    serialNumber: `1${randomBytes(15).toString("hex")}`,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + days * DAY_MS),
  };
}

function ensureTokenKey(directory: string): void {
  const file = join(directory, "service-account.key");
  if (existsSync(file)) return;
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  writeSecret(join(directory, "service-account.pub"), pair.publicKey);
  writeSecret(file, pair.privateKey);
}

/** 32 bytes for secretbox; losing it means losing the cluster's Secrets, so it is never replaced. */
function ensureEncryptionKey(directory: string): void {
  const file = join(directory, "encryption.key");
  if (!existsSync(file)) writeSecret(file, randomBytes(32).toString("base64"));
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}

/** Written beside and renamed, so that a part which reloads its files never reads half of one. */
function writeSecret(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
