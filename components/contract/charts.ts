// Helm charts of others that the platform installs, as data: where each comes from and its exact version.

export type Chart = {
  /** Name in the repository, or the whole `oci://` address. */
  readonly chart: string;
  /** Address of the repository; left out for `oci://` charts. */
  readonly repository?: string;
  readonly version: string;
  readonly namespace: string;
};

/** By the name of the release. */
export const CHARTS = {
  "aws-efa-k8s-device-plugin": {
    chart: "aws-efa-k8s-device-plugin",
    repository: "https://aws.github.io/eks-charts",
    version: "v0.5.1",
    namespace: "kube-system",
  },
  "aws-load-balancer-controller": {
    chart: "aws-load-balancer-controller",
    repository: "https://aws.github.io/eks-charts",
    version: "3.4.3",
    namespace: "kube-system",
  },
  "gateway-crds": {
    chart: "oci://docker.io/envoyproxy/gateway-crds-helm",
    version: "v1.8.2",
    namespace: "kube-system",
  },
  /** NVIDIA's driver for resource claims, in the version that the EKS user guide installs. */
  "dra-driver-nvidia-gpu": {
    chart: "oci://registry.k8s.io/dra-driver-nvidia/charts/dra-driver-nvidia-gpu",
    version: "0.4.1",
    namespace: "kube-system",
  },
  "external-secrets": {
    chart: "external-secrets",
    repository: "https://charts.external-secrets.io",
    version: "2.11.0",
    namespace: "external-secrets",
  },
  karpenter: {
    chart: "oci://public.ecr.aws/karpenter/karpenter",
    version: "1.14.1",
    namespace: "kube-system",
  },
  /** The definitions of Karpenter's types, apart from its program so that an upgrade updates them too. */
  "karpenter-crd": {
    chart: "oci://public.ecr.aws/karpenter/karpenter-crd",
    version: "1.14.1",
    namespace: "kube-system",
  },
  keda: {
    chart: "keda",
    repository: "https://kedacore.github.io/charts",
    version: "2.21.0",
    namespace: "keda",
  },
  "nvidia-device-plugin": {
    chart: "nvidia-device-plugin",
    repository: "https://nvidia.github.io/k8s-device-plugin",
    version: "0.19.0",
    namespace: "kube-system",
  },
  "dcgm-exporter": {
    chart: "dcgm-exporter",
    repository: "https://nvidia.github.io/dcgm-exporter/helm-charts",
    version: "4.8.3",
    namespace: "gpu-metrics",
  },
  "kube-prometheus-stack": {
    chart: "kube-prometheus-stack",
    repository: "https://prometheus-community.github.io/helm-charts",
    version: "92.15.0",
    namespace: "monitoring",
  },
} as const satisfies Record<string, Chart>;
