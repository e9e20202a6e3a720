// ClusterDefaults: add-ons that start only where their pods can run and talk, and volumes that are always encrypted.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import type { ClusterDefaultsOverride } from "../../../components/cluster/cluster.args.ts";
import { EksCluster } from "../../../components/cluster/cluster.ts";
import { ClusterDefaults } from "../../../components/cluster/cluster-defaults.ts";
import { ownedLabels } from "../../kit/component-owner.ts";
import { type RecordedResource, recordResources } from "../../kit/record-resources.ts";
import { clusterRefs, keyArn, named, providers, settings, verdicts, waitsFor } from "./cluster-example.ts";

const at = { stack: "prod", project: "rampa" };

/** As a stack wires them: the second component from the outputs of the first. */
function record(change: object = {}, override: ClusterDefaultsOverride = {}): Promise<RecordedResource[]> {
  return recordResources(() => {
    const both = { ...settings, ...change };
    const opts = { providers: providers() };
    const { clusterName, clusterArn, systemNodes } = new EksCluster(
      "eks",
      { ...both, refs: clusterRefs },
      opts,
    );
    const refs = { clusterName, clusterArn, systemNodes, volumesKeyArn: clusterRefs.volumesKeyArn };
    return new ClusterDefaults("inside", { ...both, refs, override }, opts);
  }, at);
}

const inside = (resources: readonly RecordedResource[]) =>
  resources
    .filter(({ name, custom }) => custom && name.startsWith("inside"))
    .map(({ name }) => name)
    .toSorted();

describe("ClusterDefaults", () => {
  it("creates add-ons, their traffic and the default class of volumes", async () => {
    expect(inside(await record())).toEqual([
      "inside-aws-ebs-csi-driver-addon",
      "inside-aws-ebs-csi-driver-role-AmazonEBSCSIDriverPolicyV2",
      "inside-aws-ebs-csi-driver-role-keys",
      "inside-aws-ebs-csi-driver-role-role",
      "inside-coredns-addon",
      "inside-eks-node-monitoring-agent-addon",
      "inside-metrics-server-addon",
      "inside-storage-class",
      "inside-system-traffic",
    ]);
  });

  it("violates no policy of production, neither with defaults nor in Auto Mode", async () => {
    expect(verdicts(await record())).toEqual([]);
    expect(verdicts(await record({ mode: "auto" }))).toEqual([]);
  });

  it.each(["coredns", "metrics-server", "aws-ebs-csi-driver", "eks-node-monitoring-agent"])(
    "starts %s after the nodes and after the rule that lets it talk",
    async (name) => {
      expect(waitsFor(named(await record(), `inside-${name}-addon`))).toEqual(
        expect.arrayContaining(["eks-cluster", "eks-system-nodes", "inside-system-traffic"]),
      );
    },
  );

  it("lets system pods resolve, scrape and call AWS, and opens no other port", async () => {
    const { props } = named(await record(), "inside-system-traffic");
    expect(props).toEqual({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: {
        name: "system-traffic",
        namespace: "kube-system",
        labels: ownedLabels("cluster", "rampa-prod"),
        annotations: {
          "rampa.dev/egress-reason": expect.stringContaining("known only after the deployment"),
        },
      },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          {
            ports: [
              { protocol: "UDP", port: 53 },
              { protocol: "TCP", port: 53 },
              { protocol: "TCP", port: 8080 },
              { protocol: "TCP", port: 9153 },
              { protocol: "TCP", port: 9443 },
              { protocol: "TCP", port: 10251 },
            ],
          },
        ],
        egress: [
          {
            ports: [
              { protocol: "UDP", port: 53 },
              { protocol: "TCP", port: 53 },
              { protocol: "TCP", port: 443 },
              { protocol: "TCP", port: 10250 },
            ],
          },
          {
            to: [{ ipBlock: { cidr: "169.254.170.23/32" } }],
            ports: [{ protocol: "TCP", port: 80 }],
          },
        ],
      },
    });
  });

  it("needs no such rule where pods without a policy may talk", async () => {
    expect(inside(await record({ networkPolicy: "standard" }))).not.toContain("inside-system-traffic");
  });

  it("makes encrypted volumes in the zone of their pod by default", async () => {
    expect(named(await record(), "inside-storage-class").props).toMatchObject({
      metadata: {
        name: "gp3",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      provisioner: "ebs.csi.aws.com",
      parameters: { type: "gp3", encrypted: "true", kmsKeyId: keyArn("volumes") },
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
    });
  });

  it("lets the storage driver grant the key of disks to EC2 only, and use no other key", async () => {
    const { props } = named(await record(), "inside-aws-ebs-csi-driver-role-keys");
    const policy: { Statement: { Sid: string; Resource: string[]; Condition?: object }[] } = JSON.parse(
      String(props.policy),
    );
    expect(policy.Statement.map(({ Sid, Resource, Condition }) => [Sid, Resource, Condition])).toEqual([
      ["GrantVolumes", [keyArn("volumes")], { Bool: { "kms:GrantIsForAWSResource": "true" } }],
      ["EncryptVolumes", [keyArn("volumes")], undefined],
    ]);
  });

  it("gives the storage driver its identity and tags volumes for whoever pays", async () => {
    const { props } = named(await record(), "inside-aws-ebs-csi-driver-addon");
    expect(props).toMatchObject({
      addonName: "aws-ebs-csi-driver",
      podIdentityAssociations: [{ serviceAccount: "ebs-csi-controller-sa" }],
    });
    expect(JSON.parse(String(props.configurationValues))).toEqual({
      controller: {
        extraVolumeTags: { environment: "dev", owner: "search-team", "cost-center": "search" },
      },
    });
  });

  it("turns network policies on in Auto Mode, and adds the metrics server alone", async () => {
    const resources = await record({ mode: "auto" });
    expect(inside(resources)).toEqual([
      "inside-metrics-server-addon",
      "inside-policy-controller",
      "inside-storage-class",
    ]);
    expect(named(resources, "inside-policy-controller").props).toMatchObject({
      metadata: { name: "amazon-vpc-cni", namespace: "kube-system" },
      data: { "enable-network-policy-controller": "true" },
    });
    expect(named(resources, "inside-storage-class").props.provisioner).toBe("ebs.csi.eks.amazonaws.com");
  });

  it("lets workloads wait for its last add-on", async () => {
    const resources = await recordResources(() => {
      const refs = { clusterName: "c", clusterArn: "arn", systemNodes: "n", volumesKeyArn: "key" };
      const opts = { providers: providers() };
      const { ready } = new ClusterDefaults("inside", { ...settings, refs }, opts);
      new KubernetesProvider("workloads", { cluster: ready });
    }, at);
    const workloads = named(resources, "workloads");
    expect(workloads.props).toEqual({ cluster: "c" });
    expect(waitsFor(workloads)).toEqual(
      expect.arrayContaining(["inside-coredns-addon", "inside-aws-ebs-csi-driver-addon"]),
    );
  });

  it("lets a caller change single children", async () => {
    const resources = await record(
      {},
      {
        storageClass: { reclaimPolicy: "Retain" },
        systemTraffic: { spec: { policyTypes: ["Ingress"] } },
        addons: { coredns: { preserve: true } },
      },
    );
    expect(named(resources, "inside-storage-class").props.reclaimPolicy).toBe("Retain");
    expect(named(resources, "inside-system-traffic").props.spec).toMatchObject({ policyTypes: ["Ingress"] });
    expect(named(resources, "inside-coredns-addon").props.preserve).toBe(true);
  });

  it("creates nothing when a setting is wrong", async () => {
    const refs = { clusterName: "c", clusterArn: "arn", systemNodes: "n", volumesKeyArn: "key" };
    const wrong = { ...settings, region: "europe", refs };
    const recorded = recordResources(
      () => new ClusterDefaults("inside", wrong, { providers: providers() }),
      at,
    );
    await expect(recorded).rejects.toThrow('rampa:cluster:ClusterDefaults "inside": 1 problem');
  });
});
