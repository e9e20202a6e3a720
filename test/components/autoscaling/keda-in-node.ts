// KEDA with the Prometheus that it asks, as processes in a cluster's node: what their charts make pods of.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { GATEWAY_TARGET, MODEL_TARGET, SCRAPE, type Target } from "../../../components/monitoring/targets.ts";
import type { NodeHost, NodeProcess } from "../../kit/node-process.ts";
import { selfSigned } from "../../kit/self-signed.ts";
import type { KedaPrograms } from "./keda-programs.ts";

const PORTS = { prometheus: 9090, operator: 9666, adapter: 16_443, webhooks: 9443 } as const;
const METRICS_API = { name: "keda-metrics-apiserver", namespace: "keda" };
const PROMETHEUS = { name: "prometheus-operated", namespace: "monitoring" };

type Keda = {
  readonly operator: NodeProcess;
  readonly objects: readonly object[];
};

/** Starts it once its kinds are defined; `objects` are to be applied then. */
export async function startKeda(node: NodeHost, programs: KedaPrograms, folder: string): Promise<Keda> {
  const certificates = join(folder, "keda-certificates");
  const authority = await writeCertificates(certificates, node.address);
  const env = { WATCH_NAMESPACE: "", POD_NAMESPACE: "keda", KEDA_CLUSTER_OBJECT_NAMESPACE: "keda" };
  const common = [`--cert-dir=${certificates}`];
  const unasked = ["--metrics-bind-address=0", "--health-probe-bind-address=0"];
  const operator = node.start("keda-operator", [programs.operator, ...common, ...unasked], env);
  const webhooks = node.start("keda-webhooks", [programs.webhooks, ...common, ...unasked], env);
  await operator.printed("Starting Metrics Service gRPC Server");
  await webhooks.printed("Serving webhook server");
  const served = [...common, ...adapterArgs(node, certificates)];
  node.start("keda-adapter", [programs.adapter, ...served], env);
  return {
    operator,
    objects: [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "keda" } },
      ...serviceOf(METRICS_API, 443, { address: node.address, port: PORTS.adapter }),
      metricsApi(authority),
      ...callerRights(),
      webhook(node.address, authority),
    ],
  };
}

/** One certificate for all, which is its own authority: each of them shows it to the others, and trusts it. */
async function writeCertificates(folder: string, address: string): Promise<string> {
  const { name, namespace } = METRICS_API;
  const { key, cert } = await selfSigned("127.0.0.1", address, `${name}.${namespace}.svc`);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries({ "ca.crt": cert, "tls.crt": cert, "tls.key": key }))
    writeFileSync(join(folder, file), text, { mode: 0o600 });
  return Buffer.from(cert).toString("base64");
}

function adapterArgs({ kubeconfig }: NodeHost, certificates: string): readonly string[] {
  return [
    `--secure-port=${PORTS.adapter}`,
    `--metrics-service-address=127.0.0.1:${PORTS.operator}`,
    "--port=18084",
    `--tls-cert-file=${join(certificates, "tls.crt")}`,
    `--tls-private-key-file=${join(certificates, "tls.key")}`,
    ...["lister", "authentication", "authorization"].map((whose) => `--${whose}-kubeconfig=${kubeconfig}`),
    "--authentication-skip-lookup",
  ];
}

function metricsApi(caBundle: string): object {
  return {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: "v1beta1.external.metrics.k8s.io" },
    spec: {
      service: METRICS_API,
      group: "external.metrics.k8s.io",
      version: "v1beta1",
      groupPriorityMinimum: 100,
      versionPriority: 100,
      caBundle,
    },
  };
}

/** The embedded cluster's API server has no certificate for the servers behind it: to them it is nobody in particular. */
function callerRights(): readonly object[] {
  const metadata = { name: "metrics-api-callers" };
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata,
      rules: [
        { apiGroups: ["external.metrics.k8s.io"], resources: ["*"], verbs: ["get", "list"] },
        { nonResourceURLs: ["/apis", "/apis/*", "/openapi/*"], verbs: ["get"] },
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: metadata.name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "system:anonymous" }],
    },
  ];
}

function webhook(address: string, caBundle: string): object {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "keda-admission" },
    webhooks: [
      {
        name: "vscaledobject.kb.io",
        admissionReviewVersions: ["v1"],
        clientConfig: {
          url: `https://${address}:${PORTS.webhooks}/validate-keda-sh-v1alpha1-scaledobject`,
          caBundle,
        },
        // Stricter than the chart, which lets pass what it cannot judge.
        failurePolicy: "Fail",
        sideEffects: "None",
        rules: [
          {
            apiGroups: ["keda.sh"],
            apiVersions: ["v1alpha1"],
            operations: ["CREATE", "UPDATE"],
            resources: ["scaledobjects"],
          },
        ],
      },
    ],
  };
}

type Named = { readonly name: string; readonly namespace: string };

/** A Service whose one endpoint is no pod. */
function serviceOf(
  metadata: Named,
  port: number,
  endpoint: { readonly address: string; readonly port: number },
): readonly object[] {
  return [
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port, targetPort: endpoint.port }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": metadata.name } },
      addressType: "IPv4",
      ports: [{ name: "", port: endpoint.port, protocol: "TCP" }],
      endpoints: [{ addresses: [endpoint.address], conditions: { ready: true } }],
    },
  ];
}

type PrometheusOptions = {
  readonly program: string;
  readonly folder: string;
  readonly scrapeSeconds: number;
};

/** The targets and labels that the operator gives Prometheus for the platform's monitors. */
export function startPrometheus(node: NodeHost, options: PrometheusOptions): NodeProcess {
  const { program, folder, scrapeSeconds } = options;
  const config = join(folder, "prometheus.json");
  const jobs = [GATEWAY_TARGET, MODEL_TARGET].map((target) => ({
    job_name: target.component,
    metrics_path: SCRAPE.path,
    honor_labels: SCRAPE.honorLabels,
    // Debian's Prometheus has no discovery of its own for Kubernetes.
    file_sd_configs: [{ files: [join(folder, TARGETS)], refresh_interval: "1s" }],
    relabel_configs: relabelings(target),
  }));
  const global = { scrape_interval: `${scrapeSeconds}s`, scrape_timeout: `${scrapeSeconds}s` };
  writeFileSync(config, JSON.stringify({ global, scrape_configs: jobs }));
  return node.start("prometheus", [
    program,
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, "prometheus-data")}`,
    `--web.listen-address=:${PORTS.prometheus}`,
  ]);
}

const TARGETS = "targets.json";

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        labels: z.record(z.string(), z.string()),
      }),
      spec: z.object({
        containers: z.array(
          z.object({
            ports: z.array(z.object({ name: z.string().default(""), containerPort: z.int() })).default([]),
          }),
        ),
      }),
      status: z.object({ podIP: z.string().optional() }),
    }),
  ),
});

/** Prometheus' own discovery of pods, from a list as kubectl prints it: every port a target, labelled alike. */
export function writeTargets(folder: string, list: string): void {
  const targets = podList.parse(JSON.parse(list)).items.flatMap(({ metadata, spec, status }) => {
    const pod = {
      __meta_kubernetes_namespace: metadata.namespace,
      __meta_kubernetes_pod_name: metadata.name,
      ...Object.fromEntries(
        Object.entries(metadata.labels).map(([label, value]) => [podLabelSource(label), value]),
      ),
    };
    const ports = spec.containers.flatMap((container) => container.ports);
    return ports.map(({ name, containerPort }) => ({
      targets: status.podIP === undefined ? [] : [`${status.podIP}:${containerPort}`],
      labels: { ...pod, __meta_kubernetes_pod_container_port_name: name },
    }));
  });
  const file = join(folder, TARGETS);
  writeFileSync(`${file}.part`, JSON.stringify(targets));
  renameSync(`${file}.part`, file);
}

export function prometheusObjects(node: NodeHost): readonly object[] {
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: PROMETHEUS.namespace } },
    ...serviceOf(PROMETHEUS, PORTS.prometheus, { address: node.address, port: PORTS.prometheus }),
  ];
}

/** As the discovery of pods knows a label. */
function podLabelSource(label: string): string {
  return `__meta_kubernetes_pod_label_${label.replaceAll(/\W/g, "_")}`;
}

function relabelings({ component, podLabels }: Target): readonly object[] {
  const keep = (source: string, regex: string): object => ({
    action: "keep",
    source_labels: [source],
    regex,
  });
  const copy = (source: string, target: string): object => ({
    source_labels: [source],
    target_label: target,
  });
  return [
    keep(podLabelSource("app.kubernetes.io/component"), component),
    keep("__meta_kubernetes_pod_container_port_name", SCRAPE.port),
    copy("__meta_kubernetes_namespace", "namespace"),
    copy("__meta_kubernetes_pod_name", "pod"),
    ...Object.entries(podLabels).map(([label, target]) => copy(podLabelSource(label), target)),
  ];
}
