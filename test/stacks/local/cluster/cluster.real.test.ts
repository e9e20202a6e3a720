// The embedded cluster on this machine: pods run, names resolve, ports answer, kills heal, removal leaves nothing.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assembleScratchImage } from "../../../../stacks/local/cluster/scratch-image.ts";
import { architecture } from "../../../../stacks/local/cluster/versions.ts";
import { silent } from "../../../../stacks/local/progress.ts";
import { buildProbeImage } from "./probe-image.ts";

const GATEWAY_PORT = 18_080;
const NODE_PORT = 30_080;
const MINUTE = 60_000;
const settings = { use: "embedded", gatewayPort: GATEWAY_PORT, nodePort: NODE_PORT } as const;

// Its own instance beside the developer's; the paths are read when the modules load.
const home = mkdtempSync(join(tmpdir(), "rampa-cluster-"));
process.env.RAMPA_HOME = home;
const { clusterStatus, ensureCluster, hasImage, importImage, readCluster, removeCluster } = await import(
  "../../../../stacks/local/cluster/cluster.ts"
);
const { findOwned } = await import("../../../../stacks/local/cluster/processes.ts");
const { instanceOf } = await import("../../../../stacks/local/cluster/instance.ts");

const { hash } = instanceOf(home);
const before = readTraces();
let reference = "";

beforeAll(async () => {
  await ensureCluster(settings, silent);
  const probe = buildProbeImage(join(home, "probe"));
  reference = probe.reference;
  expect(await hasImage(reference)).toBe(false);
  await importImage(probe.tar, reference, silent);
  applyProbe(reference);
  kubectl("-n", "probe", "wait", "--for=condition=Available", "deployment/probe", "--timeout=60s");
}, 15 * MINUTE);

afterAll(async () => {
  await removeCluster(silent);
  rmSync(home, { recursive: true, force: true });
}, MINUTE);

describe("a started cluster", () => {
  it("describes itself and reports every part as running", async () => {
    expect(await readCluster()).toMatchObject({ kind: "embedded", context: "rampa-local" });
    const parts = await clusterStatus();
    expect(parts.filter((part) => !part.ok)).toEqual([]);
    expect(parts.map((part) => part.part)).toContain("kube-proxy");
  });

  it("has one Ready node that knows the imported image by its digest", async () => {
    expect(kubectl("get", "nodes", "-o", "name").trim()).toBe("node/rampa-local");
    expect(await hasImage(reference)).toBe(true);
  });

  it("is found running again without being changed", async () => {
    const pids = ownedPids();
    await ensureCluster(settings, silent);
    expect(ownedPids()).toEqual(pids);
  });

  it("carries the Gateway API of the standard channel", () => {
    const names = kubectl("get", "crds", "-o", "name");
    for (const kind of ["httproutes", "gateways", "gatewayclasses"]) {
      expect(names).toContain(`${kind}.gateway.networking.k8s.io`);
    }
  });

  it("refuses a pod that breaks the restricted standard", () => {
    const args = ["-n", "probe", "run", "rooted", `--image=${reference}`, "--image-pull-policy=Never"];
    const refused = tryKubectl(...args);
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("violates PodSecurity");
  });

  it("shows a directory of the host to a restricted pod, for reading only", () => {
    expect(inPod("read", "/models/weights")).toContain("weights of a model <nil>");
    expect(inPod("write", "/models/weights")).toContain("read-only file system");
  });

  it("keeps Secrets encrypted in etcd", () => {
    kubectl(
      "-n",
      "probe",
      "create",
      "secret",
      "generic",
      "planted",
      "--from-literal=value=planted-plain-text",
    );
    const found = spawnSync("grep", ["-rlaq", "planted-plain-text", join(home, "cluster", "etcd")]);
    expect(found.status).toBe(1);
  });
});

describe("the network", () => {
  it("resolves a Service's name from a pod and reaches it by that name, itself included", () => {
    const name = "probe.probe.svc.cluster.local";
    expect(inPod("resolve", name)).toMatch(/^\[10\.96\.\d+\.\d+] <nil>/);
    expect(inPod("fetch", "http://probe.probe:8080/")).toContain("probe on probe-");
  });

  it("lets pods reach the API server", () => {
    expect(inPod("resolve", "kubernetes.default.svc.cluster.local")).toContain("10.96.0.1");
  });

  it("answers the NodePort on 127.0.0.1", async () => {
    expect(await fetchText("/")).toContain("probe on probe-");
  });

  it("does not answer on any other address of the host", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter((address) => address.family === "IPv4" && !address.internal)
      .map((address) => address.address);
    for (const host of others) expect(await accepts(host, GATEWAY_PORT)).toBe(false);
  });

  it("passes a stream on as it comes", async () => {
    const response = await fetch(`http://127.0.0.1:${GATEWAY_PORT}/drip`);
    const arrivals: number[] = [];
    for await (const chunk of response.body ?? []) if (chunk.length > 0) arrivals.push(Date.now());
    expect(arrivals.length).toBeGreaterThanOrEqual(4);
  });

  it("runs a command in a pod", () => {
    expect(inPod("fetch", "http://127.0.0.1:8080/")).toContain("probe on probe-");
  });

  it("gives a pod's log", () => {
    expect(tryKubectl("-n", "probe", "logs", "deployment/probe").status).toBe(0);
  });
});

describe("after kill -9", () => {
  const parts = [
    "etcd",
    "containerd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
  ];

  it.each(parts)(
    "%s comes back by itself and traffic goes on",
    async (name) => {
      const pid = await pidOf(name);
      process.kill(pid, "SIGKILL");
      await until(async () => (await pidOrUndefined(name)) !== pid && (await isWhole()), MINUTE);
      expect(await fetchText("/")).toContain("probe on probe-");
    },
    2 * MINUTE,
  );

  it(
    "the node comes back with its state when its init is killed",
    async () => {
      process.kill(await pidOf("node"), "SIGKILL");
      await until(isServing, 2 * MINUTE);
      expect(kubectl("-n", "probe", "get", "secret", "planted", "-o", "name").trim()).toBe("secret/planted");
    },
    3 * MINUTE,
  );

  it(
    "the forwarder comes back with the next ensureCluster and adopts the node",
    async () => {
      const node = await pidOf("node");
      process.kill(await pidOf("forwarder"), "SIGKILL");
      await until(async () => !(await accepts("127.0.0.1", GATEWAY_PORT)), MINUTE);
      await ensureCluster(settings, silent);
      expect(await pidOf("node")).toBe(node);
      await until(isServing, MINUTE);
    },
    2 * MINUTE,
  );

  it(
    "everything comes back with its state when every process is killed",
    async () => {
      for (const { pid } of findOwned(hash)) killQuietly(pid);
      await until(async () => findOwned(hash).length === 0, MINUTE);
      await ensureCluster(settings, silent);
      await until(isServing, 2 * MINUTE);
      expect(await hasImage(reference)).toBe(true);
      expect(kubectl("-n", "probe", "get", "secret", "planted", "-o", "name").trim()).toBe("secret/planted");
    },
    4 * MINUTE,
  );
});

describe("changed settings", () => {
  it("move the gateway to another port without touching the node", async () => {
    const node = await pidOf("node");
    await ensureCluster({ ...settings, gatewayPort: GATEWAY_PORT + 1 }, silent);
    expect(await accepts("127.0.0.1", GATEWAY_PORT)).toBe(false);
    expect(await accepts("127.0.0.1", GATEWAY_PORT + 1)).toBe(true);
    expect(await pidOf("node")).toBe(node);
    await ensureCluster(settings, silent);
    expect(await fetchText("/")).toContain("probe on probe-");
  });

  it("are refused with the setting's name when another program holds the port, and nothing changes", async () => {
    const other = createServer().listen(GATEWAY_PORT + 2, "127.0.0.1");
    const pids = ownedPids();
    const wanted = ensureCluster({ ...settings, gatewayPort: GATEWAY_PORT + 2 }, silent);
    await expect(wanted).rejects.toMatchObject({ code: "cluster.port-taken" });
    other.close();
    expect(ownedPids()).toEqual(pids);
    expect(await fetchText("/")).toContain("probe on probe-");
  });

  it("and callers at the same time leave one forwarder and one node", async () => {
    process.kill(await pidOf("forwarder"), "SIGKILL");
    await Promise.all([ensureCluster(settings, silent), ensureCluster(settings, silent)]);
    const owned = findOwned(hash);
    expect(owned.filter((process) => process.role === "daemon")).toHaveLength(1);
    expect(owned.filter((process) => process.innerPid === 1)).toHaveLength(1);
  });
});

describe("imported images", () => {
  /** The probe with another digest. */
  async function importVariant(mark: string): Promise<string> {
    const program = Buffer.concat([readFileSync(join(home, "probe", "probe")), Buffer.from(mark)]);
    const image = assembleScratchImage({ program, path: "/probe", architecture: architecture() });
    const tar = join(home, `probe-${mark}.tar`);
    writeFileSync(tar, image.tar);
    const variant = `rampa.local/probe@${image.digest}`;
    await importImage(tar, variant, silent);
    return variant;
  }

  function rollTo(image: string): void {
    kubectl("-n", "probe", "set", "image", "deployment/probe", `probe=${image}`);
    kubectl("-n", "probe", "rollout", "status", "deployment/probe", "--timeout=60s");
  }

  const namesOfNode = (): string =>
    kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.images[*].names}");

  it(
    "go when a later one comes and no pod or kept revision names them, and can come again",
    async () => {
      const never = await importVariant("never-used");
      const second = await importVariant("second");
      expect(await hasImage(never)).toBe(false);
      expect(await hasImage(reference)).toBe(true);
      rollTo(second);
      await importVariant("third");
      // The revision before this one still names it, so that a step back finds it.
      expect(await hasImage(reference)).toBe(true);
      kubectl("-n", "probe", "patch", "deployment", "probe", "-p", '{"spec":{"revisionHistoryLimit":0}}');
      const revisions = (): string => kubectl("-n", "probe", "get", "replicasets", "-o", "name");
      await until(async () => revisions().trim().split("\n").length === 1, MINUTE);
      await until(
        async () => !kubectl("-n", "probe", "get", "pods", "-o", "yaml").includes(reference),
        MINUTE,
      );
      await importVariant("fourth");
      expect(await hasImage(reference)).toBe(false);
      await until(async () => !namesOfNode().includes(reference), MINUTE);
      expect(await hasImage(second)).toBe(true);
      await importImage(join(home, "probe", "probe.tar"), reference, silent);
      rollTo(reference);
      await until(isServing, MINUTE);
    },
    5 * MINUTE,
  );
});

describe("a removed cluster", () => {
  it(
    "leaves links, mounts, rules, cgroups and processes as they were",
    async () => {
      await removeCluster(silent);
      expect(readTraces()).toEqual(before);
      expect(findOwned(hash)).toEqual([]);
      expect(await readCluster()).toBeUndefined();
      expect(readdirSync(home)).not.toContain("cluster");
    },
    MINUTE,
  );

  it("is removed a second time without complaint", async () => {
    await removeCluster(silent);
  });
});

/** What a cluster could leave on the host. */
function readTraces(): object {
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { encoding: "utf8" });
  const settingsOfKernel = [
    "vm/overcommit_memory",
    "kernel/panic",
    "kernel/panic_on_oops",
    "net/ipv4/ip_forward",
  ];
  return {
    links: run("ip", "-brief", "link"),
    routes: run("ip", "route"),
    mounts: readFileSync("/proc/mounts", "utf8"),
    rules: run("iptables-save").replaceAll(/^#.*$|\[\d+:\d+]/gm, ""),
    cgroups: run("find", "/sys/fs/cgroup", "-type", "d", "-name", `*${hash}*`),
    directories: ["/var/lib", "/run"].map((directory) => readdirSync(directory).sort()),
    kernel: settingsOfKernel.map((name) => readFileSync(`/proc/sys/${name}`, "utf8")),
  };
}

function applyProbe(image: string): void {
  const labels = { app: "probe" };
  const container = {
    name: "probe",
    image,
    imagePullPolicy: "Never",
    args: ["serve"],
    volumeMounts: [{ name: "volume", mountPath: "/models", readOnly: true }],
    readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
  const volume = { name: "volume", persistentVolumeClaim: { claimName: "probe", readOnly: true } };
  const podSpec = {
    volumes: [volume],
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
    containers: [container],
  };
  const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
  const metadata = { name: "probe", namespace: "probe" };
  const items = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "probe", labels: restricted } },
    ...volumeOf(join(home, "volume")),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { type: "NodePort", selector: labels, ports: [{ port: 8080, nodePort: NODE_PORT }] },
    },
  ];
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  execFileSync(join(home, "bin", "kubectl"), [...withConfig(), "apply", "-f", "-"], { input: list });
}

/** As the platform offers model weights: a directory of the node as a volume, claimed by name. */
function volumeOf(path: string): readonly object[] {
  mkdirSync(path, { mode: 0o755 });
  writeFileSync(join(path, "weights"), "weights of a model");
  const shared = { accessModes: ["ReadOnlyMany"], storageClassName: "" };
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: "probe" },
      spec: {
        ...shared,
        capacity: { storage: "1Gi" },
        hostPath: { path, type: "Directory" },
        claimRef: { namespace: "probe", name: "probe" },
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "probe", namespace: "probe" },
      spec: { ...shared, volumeName: "probe", resources: { requests: { storage: "1Gi" } } },
    },
  ];
}

function withConfig(): readonly string[] {
  return ["--kubeconfig", join(home, "cluster", "kubeconfig")];
}

function kubectl(...args: readonly string[]): string {
  return execFileSync(join(home, "bin", "kubectl"), [...withConfig(), ...args], {
    encoding: "utf8",
    timeout: 2 * MINUTE,
  });
}

function tryKubectl(...args: readonly string[]) {
  const options = { encoding: "utf8", timeout: MINUTE } as const;
  return spawnSync(join(home, "bin", "kubectl"), [...withConfig(), ...args], options);
}

function inPod(...args: readonly string[]): string {
  return kubectl("-n", "probe", "exec", "deployment/probe", "--", "/probe", ...args);
}

async function fetchText(path: string): Promise<string> {
  const signal = AbortSignal.timeout(5_000);
  return await (await fetch(`http://127.0.0.1:${GATEWAY_PORT}${path}`, { signal })).text();
}

async function isServing(): Promise<boolean> {
  try {
    return (await isWhole()) && (await fetchText("/")).includes("probe on");
  } catch {
    // Refused or cut off while the node starts.
    return false;
  }
}

async function isWhole(): Promise<boolean> {
  return (await clusterStatus()).every((part) => part.ok);
}

async function pidOrUndefined(name: string): Promise<number | undefined> {
  return (await clusterStatus()).find((part) => part.part === name)?.pid;
}

async function pidOf(name: string): Promise<number> {
  const pid = await pidOrUndefined(name);
  if (pid === undefined) throw new Error(`${name} has no process`);
  return pid;
}

function ownedPids(): readonly number[] {
  const roles = findOwned(hash).filter((process) => process.role === "daemon" || process.innerPid < 100);
  return roles.map((process) => process.pid).sort();
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended with its namespace a moment ago.
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once("connect", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}

async function until(condition: () => Promise<boolean>, deadlineMs: number): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > end)
      throw new Error(`not within ${deadlineMs} ms: ${JSON.stringify(await clusterStatus())}`);
    await sleep(200);
  }
}
