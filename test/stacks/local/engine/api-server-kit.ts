// Starts a real etcd, kube-apiserver and kube-controller-manager on free loopback ports, and ends them by pid.
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureClusterBinaries } from "../../../../stacks/local/cluster/binaries.ts";
import { silent } from "../../../../stacks/local/progress.ts";
import { freePort } from "../../../kit/free-port.ts";

export type TestCluster = {
  readonly kubeconfig: string;
  readonly server: string;
  /** A raw call to the API, for looking at what a stack left. */
  api(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<{ status: number; body: unknown }>;
  stop(): Promise<void>;
};

const TOKEN = "test-token";
const READY_TIMEOUT_MS = 60_000;

type Part = { readonly child: ChildProcess; readonly ended: Promise<void> };

function startPart(program: string, args: readonly string[], folder: string): Part {
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const lines: Buffer[] = [];
  child.stderr?.on("data", (chunk: Buffer) => lines.push(chunk));
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve();
    });
    child.once("close", (code) => {
      if (code) process.stderr.write(Buffer.concat(lines).toString().split("\n").slice(-15).join("\n"));
      resolve();
    });
  });
  return { child, ended };
}

export async function startTestCluster(): Promise<TestCluster> {
  const programs = await ensureClusterBinaries(silent);
  const folder = mkdtempSync(join(tmpdir(), "rampa-engine-cluster-"));
  const [etcdPort, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const kube = (name: string): string => join(programs.kube, name);
  const server = `https://127.0.0.1:${apiPort}`;
  const kubeconfig = writeFiles(folder, server);
  const parts: Part[] = [startPart(programs.etcd, etcdArgs(folder, etcdPort, peerPort), folder)];
  const stop = async (): Promise<void> => {
    for (const part of [...parts].reverse()) part.child.kill("SIGKILL");
    await Promise.all(parts.map((part) => part.ended));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    parts.push(startPart(kube("kube-apiserver"), apiServerArgs(folder, etcdPort, apiPort), folder));
    await waitReady(server);
    const manager = [
      "--kubeconfig",
      kubeconfig,
      "--leader-elect=false",
      "--secure-port=0",
      "--controllers=garbage-collector-controller,namespace-controller,deployment-controller,replicaset-controller,resourceclaim-controller",
    ];
    parts.push(startPart(kube("kube-controller-manager"), manager, folder));
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeconfig, server, api: (...args) => callApi(server, ...args), stop };
}

function writeFiles(folder: string, server: string): string {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(join(folder, "sa.key"), privateKey.export({ type: "pkcs8", format: "pem" }));
  writeFileSync(join(folder, "sa.pub"), publicKey.export({ type: "spki", format: "pem" }));
  writeFileSync(join(folder, "tokens.csv"), `${TOKEN},admin,admin,system:masters\n`);
  mkdirSync(join(folder, "certs"));
  const kubeconfig = join(folder, "kubeconfig");
  const cluster = { name: "test", cluster: { server, "insecure-skip-tls-verify": true } };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [cluster],
    users: [{ name: "admin", user: { token: TOKEN } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
    "current-context": "test",
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  return kubeconfig;
}

function etcdArgs(folder: string, port: number, peerPort: number): string[] {
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    ...["--data-dir", join(folder, "etcd"), "--name", "test", "--unsafe-no-fsync"],
    ...["--listen-client-urls", url, "--advertise-client-urls", url],
    ...[
      "--listen-peer-urls",
      peer,
      "--initial-advertise-peer-urls",
      peer,
      "--initial-cluster",
      `test=${peer}`,
    ],
  ];
}

function apiServerArgs(folder: string, etcdPort: number, port: number): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, "certs")}`,
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    "--authorization-mode=AlwaysAllow",
    "--service-cluster-ip-range=10.99.0.0/16",
    "--service-account-issuer=https://test.local",
    `--service-account-key-file=${join(folder, "sa.pub")}`,
    `--service-account-signing-key-file=${join(folder, "sa.key")}`,
    "--disable-admission-plugins=ServiceAccount",
  ];
}

async function waitReady(server: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const answer = await callApi(server, "GET", "/readyz").catch(() => undefined);
    if (answer?.status === 200) return;
    if (Date.now() > deadline) throw new Error("kube-apiserver was not ready within 60 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function callApi(
  server: string,
  method: string,
  path: string,
  body?: unknown,
  contentType = "application/json",
): Promise<{ status: number; body: unknown }> {
  const { request } = await import("node:https");
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": contentType };
    const options = { method, headers, rejectUnauthorized: false, signal: AbortSignal.timeout(10_000) };
    const call = request(new URL(path, server), options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const parsed: unknown = text.startsWith("{") ? JSON.parse(text) : text;
        resolve({ status: response.statusCode ?? 0, body: parsed });
      });
    });
    call.on("error", reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
