// What a fresh cluster lacks: CoreDNS (embedded only) and the custom resource definitions of the Gateway API.
import { DNS_SERVICE_IP } from "./instance.ts";
import type { Manifest } from "./kubernetes-api.ts";

const LABELS = { "k8s-app": "kube-dns" };
/** The Service's port and the pod's are one: network policies name the pod's, and every cluster's name server has 53. */
const PORT = 53;

const COREFILE = `.:${PORT} {
    errors
    health :8080
    ready :8181
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 5
    }
    cache 30
    loadbalance
}
`;

export function planDns(image: string): readonly Manifest[] {
  const metadata = { name: "coredns", namespace: "kube-system", labels: LABELS };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    ...dnsPermissions(),
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { Corefile: COREFILE } },
    dnsDeployment(image),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, name: "kube-dns" },
      spec: {
        clusterIP: DNS_SERVICE_IP,
        selector: LABELS,
        ports: ["UDP", "TCP"].map((protocol) => ({
          name: protocol === "UDP" ? "dns" : "dns-tcp",
          protocol,
          port: 53,
          targetPort: PORT,
        })),
      },
    },
  ];
}

function dnsPermissions(): readonly Manifest[] {
  const name = "system:coredns";
  const group = "rbac.authorization.k8s.io";
  return [
    {
      apiVersion: `${group}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        { apiGroups: [""], resources: ["services", "namespaces", "pods"], verbs: ["list", "watch"] },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
      ],
    },
    {
      apiVersion: `${group}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: group, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name: "coredns", namespace: "kube-system" }],
    },
  ];
}

function dnsDeployment(image: string): Manifest {
  const container = {
    name: "coredns",
    image,
    imagePullPolicy: "Never",
    args: ["-conf", "/etc/coredns/Corefile"],
    ports: [
      { name: "dns", containerPort: PORT, protocol: "UDP" },
      { name: "dns-tcp", containerPort: PORT, protocol: "TCP" },
    ],
    resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "128Mi" } },
    livenessProbe: { httpGet: { path: "/health", port: 8080 }, periodSeconds: 10, failureThreshold: 5 },
    readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "coredns", namespace: "kube-system" },
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          serviceAccountName: "coredns",
          priorityClassName: "system-cluster-critical",
          dnsPolicy: "Default",
          enableServiceLinks: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            // Lets the pod listen on 53 without a capability; a setting of its own network namespace.
            sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "53" }],
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [container],
          volumes: [{ name: "config", configMap: { name: "coredns" } }],
        },
      },
    },
  };
}
