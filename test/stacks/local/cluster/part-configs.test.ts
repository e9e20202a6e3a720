// What the parts are told: configuration files and command lines.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { layoutOf } from "../../../../stacks/local/cluster/instance.ts";
import { type NodeFacts, renderConfigs } from "../../../../stacks/local/cluster/part-configs.ts";
import { type Part, planParts } from "../../../../stacks/local/cluster/parts.ts";

const layout = layoutOf("/home/dev/.rampa");
const facts: NodeFacts = {
  layout,
  cgroup: "rampa-0123abcd",
  nodeIp: "198.18.0.2",
  cniDir: "/usr/lib/cni",
  runc: "/usr/sbin/runc",
  snapshotter: "overlayfs",
  cgroupVersion: 1,
  encryptionKey: "a-key-in-base64",
};

function configOf(name: string, change: Partial<NodeFacts> = {}) {
  const text = renderConfigs({ ...facts, ...change })[name];
  expect(text).toBeDefined();
  return parse(text ?? "");
}

const programs = { kube: "/cache/kube", etcd: "/usr/bin/etcd", containerd: "/usr/bin/containerd" };
const parts = planParts(programs, layout, "198.18.0.2");
const argsOf = (name: Part["name"]): readonly string[] => parts.find((p) => p.name === name)?.args ?? [];

describe("the kubelet's configuration", () => {
  it("keeps pods below the instance's own cgroup", () => {
    expect(configOf("kubelet.yaml")).toMatchObject({
      cgroupRoot: "/rampa-0123abcd",
      cgroupDriver: "cgroupfs",
    });
  });

  it("goes on without cgroup v2 only where there is none", () => {
    expect(configOf("kubelet.yaml").failCgroupV1).toBe(false);
    expect(configOf("kubelet.yaml", { cgroupVersion: 2 })).not.toHaveProperty("failCgroupV1");
  });

  it("never collects images and evicts only on the last GiB", () => {
    const config = configOf("kubelet.yaml");
    expect(config.imageGCHighThresholdPercent).toBe(100);
    expect(config.evictionHard).toMatchObject({ "nodefs.available": "1Gi", "imagefs.available": "1Gi" });
  });

  it("lets nobody in without a certificate or a token", () => {
    expect(configOf("kubelet.yaml")).toMatchObject({
      authentication: { anonymous: { enabled: false } },
      authorization: { mode: "Webhook" },
      readOnlyPort: 0,
    });
  });
});

describe("the other configurations", () => {
  it("tell containerd to leave out-of-memory scores alone and where runc and the plugins are", () => {
    const toml = renderConfigs({ ...facts, snapshotter: "native" })["containerd.toml"] ?? "";
    expect(toml).toContain("restrict_oom_score_adj = true");
    expect(toml).toContain('BinaryName = "/usr/sbin/runc"');
    expect(toml).toContain('bin_dir = "/usr/lib/cni"');
    expect(toml).toContain('snapshotter = "native"');
  });

  it("tell containerd where addresses of registries may be written down", () => {
    const toml = renderConfigs(facts)["containerd.toml"] ?? "";
    expect(toml).toContain(
      '[plugins."io.containerd.grpc.v1.cri".registry]\n    config_path = "/home/dev/.rampa/cluster/registries"',
    );
  });

  it("keep NodePorts off loopback and leave the connection table's size alone", () => {
    expect(configOf("kube-proxy.yaml")).toMatchObject({
      nodePortAddresses: ["primary"],
      iptables: { localhostNodePorts: false },
      conntrack: { maxPerCore: 0 },
    });
  });

  it("encrypt Secrets first and read plain ones still", () => {
    const [rule] = configOf("encryption.yaml").resources;
    expect(rule.resources).toEqual(["secrets"]);
    expect(rule.providers.map((provider: object) => Object.keys(provider)[0])).toEqual([
      "secretbox",
      "identity",
    ]);
  });

  it("give each part its own identity", () => {
    for (const name of ["controller-manager", "scheduler", "kubelet", "kube-proxy"]) {
      const user = configOf(`${name}.kubeconfig`).users[0].user;
      expect(user["client-certificate"]).toBe(`${layout.pki}/${name}.crt`);
    }
  });
});

describe("planParts", () => {
  it("starts each part after what it needs", () => {
    const order = Object.fromEntries(parts.map((part) => [part.name, part.after]));
    expect(order).toEqual({
      etcd: [],
      containerd: [],
      "kube-apiserver": ["etcd"],
      "kube-controller-manager": ["kube-apiserver"],
      "kube-scheduler": ["kube-apiserver"],
      kubelet: ["kube-apiserver", "containerd"],
      "kube-proxy": ["kube-apiserver"],
    });
  });

  it("looks at unbound claims every second, because model pods wait for theirs", () => {
    expect(argsOf("kube-controller-manager")).toContain("--pvclaimbinder-sync-period=1s");
  });

  it("asks etcd's callers for certificates and listens on loopback only", () => {
    expect(argsOf("etcd")).toContain("--client-cert-auth");
    const urls = argsOf("etcd").filter((arg) => arg.startsWith("--listen"));
    expect(urls.filter((arg) => !arg.includes("//127.0.0.1:"))).toEqual([]);
  });

  it("authorizes nodes and roles, refuses anonymous callers and encrypts at rest", () => {
    expect(argsOf("kube-apiserver")).toEqual(
      expect.arrayContaining([
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--anonymous-auth=false",
        `--encryption-provider-config=${layout.config}/encryption.yaml`,
      ]),
    );
  });
});
