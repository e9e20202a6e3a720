// The configuration files of the cluster's parts as text; pure.
import { stringify } from "yaml";
import { API_PORT, DNS_SERVICE_IP, type Layout, NODE_NAME, NODE_POD_CIDR, POD_CIDR } from "./instance.ts";

export const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";
export const PAUSE_IMAGE = "rampa.local/pause:1";

export type NodeFacts = {
  readonly layout: Layout;
  readonly cgroup: string;
  readonly nodeIp: string;
  readonly cniDir: string;
  readonly runc: string;
  /** Whether the kernel can stack overlayfs on the data directory; `native` copies instead. */
  readonly snapshotter: "overlayfs" | "native";
  /** The unified hierarchy; on the old one the kubelet must be told to go on (its default from 1.35 is to stop). */
  readonly cgroupVersion: 1 | 2;
  readonly encryptionKey: string;
};

/** File name → text, all below `layout.config`. */
export function renderConfigs(facts: NodeFacts): Readonly<Record<string, string>> {
  const { layout } = facts;
  const kubeconfigs = ["controller-manager", "scheduler", "kubelet", "kube-proxy"].map((identity) => [
    `${identity}.kubeconfig`,
    stringify(kubeconfigOf(layout, identity, `https://127.0.0.1:${API_PORT}`)),
  ]);
  return {
    "containerd.toml": containerdToml(facts),
    "cni/10-rampa.conflist": JSON.stringify(cniNetwork(), null, 2),
    "kubelet.yaml": stringify(kubeletConfig(facts)),
    "kube-proxy.yaml": stringify(kubeProxyConfig(layout, facts.nodeIp)),
    "encryption.yaml": stringify(encryptionConfig(facts.encryptionKey)),
    "resolv.conf": "# No name servers: the node has no way out; pods ask CoreDNS.\n",
    ...Object.fromEntries(kubeconfigs),
  };
}

function kubeconfigOf(layout: Layout, identity: string, server: string): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "rampa-local",
    clusters: [{ name: "rampa-local", cluster: { server, "certificate-authority": `${layout.pki}/ca.crt` } }],
    users: [
      {
        name: identity,
        user: {
          "client-certificate": `${layout.pki}/${identity}.crt`,
          "client-key": `${layout.pki}/${identity}.key`,
        },
      },
    ],
    contexts: [{ name: "rampa-local", context: { cluster: "rampa-local", user: identity } }],
  };
}

/** restrict_oom_score_adj: a root without CAP_SYS_RESOURCE may not lower a score, and the start would fail. */
function containerdToml(facts: NodeFacts): string {
  const { layout } = facts;
  return `version = 2
root = ${JSON.stringify(`${layout.containerd}/root`)}
state = "/run/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = "${CONTAINERD_SOCKET}"

[plugins."io.containerd.internal.v1.opt"]
  path = "/run/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  enable_selinux = false
  max_container_log_line_size = 65536

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = ${JSON.stringify(layout.registries)}

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${JSON.stringify(facts.cniDir)}
    conf_dir = ${JSON.stringify(`${layout.config}/cni`)}

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "${facts.snapshotter}"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        BinaryName = ${JSON.stringify(facts.runc)}
`;
}

/**
 * ptp rather than bridge: every packet between pods is routed, so Service addresses are translated back on the
 * way home without the br_netfilter module. Leases lie on tmpfs and vanish with the pods that held them.
 */
function cniNetwork(): object {
  return {
    cniVersion: "0.4.0",
    name: "rampa",
    plugins: [
      {
        type: "ptp",
        ipMasq: false,
        ipam: {
          type: "host-local",
          dataDir: "/run/cni",
          ranges: [[{ subnet: NODE_POD_CIDR }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  };
}

function kubeletConfig(facts: NodeFacts): object {
  const { layout } = facts;
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: facts.nodeIp,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${layout.pki}/ca.crt` },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: `${layout.pki}/kubelet-server.crt`,
    tlsPrivateKeyFile: `${layout.pki}/kubelet-server.key`,
    readOnlyPort: 0,
    healthzBindAddress: "127.0.0.1",
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${facts.cgroup}`,
    ...(facts.cgroupVersion === 1 ? { failCgroupV1: false } : {}),
    failSwapOn: false,
    clusterDNS: [DNS_SERVICE_IP],
    clusterDomain: "cluster.local",
    resolvConf: `${layout.config}/resolv.conf`,
    podLogsDir: `${layout.logs}/pods`,
    containerLogMaxSize: "10Mi",
    containerLogMaxFiles: 2,
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
    oomScoreAdj: 0,
    serializeImagePulls: false,
    // Images are imported, not pulled: one that was collected could not be had again (see image-collection.ts).
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // A developer's disk is often 95 % full; only the last GiB is a reason to evict.
    evictionHard: {
      "memory.available": "100Mi",
      "nodefs.available": "1Gi",
      "nodefs.inodesFree": "1%",
      "imagefs.available": "1Gi",
      "imagefs.inodesFree": "1%",
    },
    shutdownGracePeriod: "0s",
    syncFrequency: "10s",
    nodeStatusUpdateFrequency: "5s",
  };
}

/** NodePorts answer on the node's own address only; loopback of the host is the forwarder's business. */
function kubeProxyConfig(layout: Layout, nodeIp: string): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clusterCIDR: POD_CIDR,
    hostnameOverride: NODE_NAME,
    bindAddress: nodeIp,
    healthzBindAddress: "127.0.0.1:10256",
    metricsBindAddress: "127.0.0.1:10249",
    nodePortAddresses: ["primary"],
    oomScoreAdj: 0,
    clientConnection: { kubeconfig: `${layout.config}/kube-proxy.kubeconfig` },
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    iptables: { localhostNodePorts: false, minSyncPeriod: "100ms" },
  };
}

function encryptionConfig(key: string): object {
  return {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [
      {
        resources: ["secrets"],
        providers: [{ secretbox: { keys: [{ name: "local", secret: key }] } }, { identity: {} }],
      },
    ],
  };
}
