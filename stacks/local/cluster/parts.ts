// The parts of the node: what each runs, what it waits for, how its readiness is asked; pure.
import { API_PORT, type Layout, NODE_NAME, POD_CIDR, SERVICE_CIDR } from "./instance.ts";
import { CONTAINERD_SOCKET } from "./part-configs.ts";

export type PartName =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "containerd"
  | "kubelet"
  | "kube-proxy";

export type Probe =
  | { readonly kind: "https"; readonly url: string; readonly signedBy: "cluster" | "itself" }
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "socket"; readonly path: string };

export type Part = {
  readonly name: PartName;
  readonly program: string;
  readonly args: readonly string[];
  /** Started once these answer; only for the first start, a restart waits for nothing. */
  readonly after: readonly PartName[];
  readonly probe: Probe;
};

type PartPrograms = {
  /** Directory with kube-apiserver, kube-controller-manager, kube-scheduler, kubelet and kube-proxy. */
  readonly kube: string;
  readonly etcd: string;
  readonly containerd: string;
};

export function planParts(programs: PartPrograms, layout: Layout, nodeIp: string): readonly Part[] {
  const kube = (name: string): string => `${programs.kube}/${name}`;
  return [
    etcd(programs.etcd, layout),
    {
      name: "containerd",
      program: programs.containerd,
      args: ["--config", `${layout.config}/containerd.toml`],
      after: [],
      probe: { kind: "socket", path: CONTAINERD_SOCKET },
    },
    apiserver(kube("kube-apiserver"), layout, nodeIp),
    controllerManager(kube("kube-controller-manager"), layout),
    {
      name: "kube-scheduler",
      program: kube("kube-scheduler"),
      args: [...identity(layout, "scheduler"), "--leader-elect=false", "--bind-address=127.0.0.1"],
      after: ["kube-apiserver"],
      probe: { kind: "https", url: "https://127.0.0.1:10259/healthz", signedBy: "itself" },
    },
    {
      name: "kubelet",
      program: kube("kubelet"),
      args: [
        `--config=${layout.config}/kubelet.yaml`,
        `--kubeconfig=${layout.config}/kubelet.kubeconfig`,
        `--hostname-override=${NODE_NAME}`,
        `--node-ip=${nodeIp}`,
        "--node-labels=rampa.dev/local=true",
      ],
      after: ["kube-apiserver", "containerd"],
      probe: { kind: "http", url: "http://127.0.0.1:10248/healthz" },
    },
    {
      name: "kube-proxy",
      program: kube("kube-proxy"),
      args: [`--config=${layout.config}/kube-proxy.yaml`],
      after: ["kube-apiserver"],
      probe: { kind: "http", url: "http://127.0.0.1:10256/livez" },
    },
  ];
}

/** Mutual TLS even on loopback: a pod in the host network would otherwise read every object. */
function etcd(program: string, layout: Layout): Part {
  const pki = (file: string): string => `${layout.pki}/${file}`;
  return {
    name: "etcd",
    program,
    args: [
      "--name=local",
      `--data-dir=${layout.etcd}`,
      "--listen-client-urls=https://127.0.0.1:2379",
      "--advertise-client-urls=https://127.0.0.1:2379",
      "--listen-peer-urls=https://127.0.0.1:2380",
      "--initial-advertise-peer-urls=https://127.0.0.1:2380",
      "--initial-cluster=local=https://127.0.0.1:2380",
      `--cert-file=${pki("etcd.crt")}`,
      `--key-file=${pki("etcd.key")}`,
      `--peer-cert-file=${pki("etcd.crt")}`,
      `--peer-key-file=${pki("etcd.key")}`,
      `--trusted-ca-file=${pki("ca.crt")}`,
      `--peer-trusted-ca-file=${pki("ca.crt")}`,
      "--client-cert-auth",
      "--peer-client-cert-auth",
      "--auto-compaction-retention=1h",
      "--quota-backend-bytes=2147483648",
      "--listen-metrics-urls=http://127.0.0.1:2381",
      "--log-level=warn",
      "--logger=zap",
    ],
    after: [],
    probe: { kind: "http", url: "http://127.0.0.1:2381/health" },
  };
}

function apiserver(program: string, layout: Layout, nodeIp: string): Part {
  const pki = (file: string): string => `${layout.pki}/${file}`;
  return {
    name: "kube-apiserver",
    program,
    args: [
      `--advertise-address=${nodeIp}`,
      `--secure-port=${API_PORT}`,
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
      "--etcd-servers=https://127.0.0.1:2379",
      `--etcd-cafile=${pki("ca.crt")}`,
      `--etcd-certfile=${pki("etcd-client.crt")}`,
      `--etcd-keyfile=${pki("etcd-client.key")}`,
      `--client-ca-file=${pki("ca.crt")}`,
      `--tls-cert-file=${pki("apiserver.crt")}`,
      `--tls-private-key-file=${pki("apiserver.key")}`,
      `--kubelet-certificate-authority=${pki("ca.crt")}`,
      `--kubelet-client-certificate=${pki("apiserver-kubelet-client.crt")}`,
      `--kubelet-client-key=${pki("apiserver-kubelet-client.key")}`,
      "--kubelet-preferred-address-types=InternalIP",
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      `--service-account-key-file=${pki("service-account.pub")}`,
      `--service-account-signing-key-file=${pki("service-account.key")}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--anonymous-auth=false",
      `--encryption-provider-config=${layout.config}/encryption.yaml`,
      "--profiling=false",
      "--allow-privileged=false",
    ],
    after: ["etcd"],
    probe: { kind: "https", url: `https://127.0.0.1:${API_PORT}/readyz`, signedBy: "cluster" },
  };
}

/** Waits for the API server's RBAC: without it the process ends at once. */
function controllerManager(program: string, layout: Layout): Part {
  return {
    name: "kube-controller-manager",
    program,
    args: [
      ...identity(layout, "controller-manager"),
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
      "--use-service-account-credentials",
      `--service-account-private-key-file=${layout.pki}/service-account.key`,
      `--root-ca-file=${layout.pki}/ca.crt`,
      `--cluster-cidr=${POD_CIDR}`,
      "--allocate-node-cidrs=false",
      // Thirty controllers fetch their tokens at the start; the default of 20 calls a second makes that four seconds.
      "--kube-api-qps=200",
      "--kube-api-burst=400",
      // A claim and its volume are bound by two workers; the one that loses a write tries again only in the next round,
      // 15 s later by default, and model pods wait for it.
      "--pvclaimbinder-sync-period=1s",
      "--profiling=false",
    ],
    after: ["kube-apiserver"],
    probe: { kind: "https", url: "https://127.0.0.1:10257/healthz", signedBy: "itself" },
  };
}

function identity(layout: Layout, name: string): readonly string[] {
  const kubeconfig = `${layout.config}/${name}.kubeconfig`;
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--authentication-tolerate-lookup-failure=true",
  ];
}
