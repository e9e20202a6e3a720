// The cluster's certificates, judged by Node's own verifier.
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { planLeaves, writeCertificates } from "../../../../stacks/local/cluster/certificates.ts";

const directory = mkdtempSync(join(tmpdir(), "rampa-pki-"));
const leaves = planLeaves("198.18.0.2", "10.96.0.1");
const load = (name: string): X509Certificate =>
  new X509Certificate(readFileSync(join(directory, `${name}.crt`)));

beforeAll(() => writeCertificates(directory, leaves));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("writeCertificates", () => {
  it("signs every leaf with the authority", () => {
    const authority = load("ca");
    expect(authority.ca).toBe(true);
    for (const { file } of leaves) {
      expect(load(file).verify(authority.publicKey)).toBe(true);
      expect(load(file).checkIssued(authority)).toBe(true);
      expect(load(file).ca).toBe(false);
    }
  });

  it("names the API server by every address it is called by", () => {
    const { subjectAltName } = load("apiserver");
    for (const name of ["DNS:kubernetes.default.svc", "127.0.0.1", "198.18.0.2", "10.96.0.1"]) {
      expect(subjectAltName).toContain(name);
    }
  });

  it("gives the kubelet the identity the Node authorizer expects", () => {
    expect(load("kubelet").subject).toBe("CN=system:node:rampa-local\nO=system:nodes");
  });

  it("keeps every key to its owner", () => {
    for (const file of ["ca.key", "admin.key", "service-account.key", "encryption.key"]) {
      expect(statSync(join(directory, file)).mode & 0o077).toBe(0);
    }
  });

  it("keeps the keys of the cluster and the user's leaf, and renews the parts' leaves", async () => {
    const kept = ["ca.crt", "ca.key", "service-account.key", "encryption.key", "admin.crt", "admin.key"];
    const read = (names: readonly string[]): readonly string[] =>
      names.map((name) => readFileSync(join(directory, name), "utf8"));
    const [keptBefore, kubeletBefore] = [read(kept), load("kubelet").serialNumber];
    await writeCertificates(directory, leaves);
    expect(read(kept)).toEqual(keptBefore);
    expect(load("kubelet").serialNumber).not.toBe(kubeletBefore);
    expect(load("kubelet").verify(load("ca").publicKey)).toBe(true);
  });

  it("renews the user's leaf before it expires", async () => {
    const before = load("admin").serialNumber;
    vi.useFakeTimers({ now: Date.now() + 340 * 86_400_000, toFake: ["Date"] });
    await writeCertificates(directory, leaves);
    vi.useRealTimers();
    expect(load("admin").serialNumber).not.toBe(before);
  });
});
