// Plan of a cluster → arguments of what every cluster holds inside: traffic of system pods and where volumes come from.
import type { ConfigMapArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { NetworkPolicyArgs } from "@pulumi/kubernetes/networking/v1/index.js";
import type { StorageClassArgs } from "@pulumi/kubernetes/storage/v1/index.js";
import type { networking } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { ANNOTATIONS } from "../contract/annotations.ts";
import { POD_IDENTITY_AGENT } from "../contract/pod-identity.ts";
import type { ClusterPlan } from "./cluster.plan.ts";

const EGRESS_REASON =
  "Resolver, control plane and AWS: addresses of the VPC and of the region, known only after the deployment.";
const SYSTEM_NAMESPACE = "kube-system";

const tcp = (port: number): networking.v1.NetworkPolicyPort => ({ protocol: "TCP", port });
const dns = [{ protocol: "UDP", port: 53 }, tcp(53)];

/**
 * What the pods of add-ons and of controllers beside them need. In strict mode a pod that no policy selects has no
 * network at all, CoreDNS included, so this has to be there before the first of them starts. Probes of the node come
 * through without a rule.
 */
export function systemTrafficArgs(plan: ClusterPlan): NetworkPolicyArgs {
  return {
    metadata: {
      name: "system-traffic",
      namespace: SYSTEM_NAMESPACE,
      labels: { ...plan.labels },
      annotations: { [ANNOTATIONS.egressReason]: EGRESS_REASON },
    },
    spec: {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      // DNS, metrics (Karpenter, the load balancer controller; CoreDNS), and the control plane's calls to webhooks and
      // to metrics-server.
      ingress: [{ ports: [...dns, tcp(8080), tcp(9153), tcp(9443), tcp(10251)] }],
      egress: [
        // The VPC's resolver, the control plane and AWS, the kubelets' metrics.
        { ports: [...dns, tcp(443), tcp(10250)] },
        { to: [{ ipBlock: { cidr: POD_IDENTITY_AGENT.range } }], ports: [tcp(POD_IDENTITY_AGENT.port)] },
      ],
    },
  };
}

/** Auto Mode accepts NetworkPolicies and enforces none until this says so. Source: EKS, "Use Network Policies with Auto Mode". */
export function policyControllerArgs(plan: ClusterPlan): ConfigMapArgs {
  return {
    metadata: { name: "amazon-vpc-cni", namespace: SYSTEM_NAMESPACE, labels: { ...plan.labels } },
    data: { "enable-network-policy-controller": "true" },
  };
}

/** The class of volumes that name none: encrypted with the customer's key, made in the zone of the pod. */
export function storageClassArgs(plan: ClusterPlan, keyArn: Input<string>): StorageClassArgs {
  return {
    metadata: {
      name: "gp3",
      labels: { ...plan.labels },
      annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
    },
    provisioner: plan.storageProvisioner,
    parameters: {
      type: "gp3",
      encrypted: "true",
      kmsKeyId: keyArn,
      "csi.storage.k8s.io/fstype": "ext4",
    },
    volumeBindingMode: "WaitForFirstConsumer",
    allowVolumeExpansion: true,
    reclaimPolicy: "Delete",
  };
}
