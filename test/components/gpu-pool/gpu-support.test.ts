// What pools need once a cluster: plugins only where they are missing, and a Karpenter that can do no more than it must.
import { ConfigMap } from "@pulumi/kubernetes/core/v1/index.js";
import { output } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { type GpuSupportArgs, gpuSupportSettings } from "../../../components/gpu-pool/gpu-support.args.ts";
import { planGpuSupport } from "../../../components/gpu-pool/gpu-support.plan.ts";
import { GpuSupport } from "../../../components/gpu-pool/gpu-support.ts";
import { karpenterStatements } from "../../../components/gpu-pool/karpenter-policy.ts";
import { iamPolicy } from "../../../components/kit/iam-policy.ts";
import { recordResources } from "../../kit/record-resources.ts";
import { createProviders, support, supportRefs } from "./pool-fixture.ts";

type Pools = GpuSupportArgs["pools"];

const onBottlerocket: Pools[number] = {
  kind: "managed",
  name: "chat",
  instanceTypes: ["g6.xlarge"],
  maxGpus: 4,
};
const onAl2023: Pools[number] = { ...onBottlerocket, name: "plain", os: "al2023" };
const claimed: Pools[number] = { ...onAl2023, name: "claimed", allocation: "dra" };
const burst: Pools[number] = {
  kind: "karpenter",
  name: "burst",
  instanceTypes: ["g6.xlarge"],
  maxGpus: 8,
};

const planOf = (pools: Pools) => planGpuSupport(gpuSupportSettings.parse({ ...support, pools }));

describe("planGpuSupport", () => {
  it("installs no device plugin where every node image has one, and no Karpenter for managed pools", () => {
    expect(planOf([onBottlerocket])).toEqual({});
    expect(planOf([burst]).devicePlugin).toBeUndefined();
  });

  it("keeps the device plugin on AL2023 nodes of pools of both kinds", () => {
    const plugin = {
      nodeSelector: { "rampa.dev/node-image": "al2023" },
      tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
      gfd: { enabled: false },
      mofedEnabled: false,
    };
    expect(planOf([onBottlerocket, onAl2023]).devicePlugin).toEqual(plugin);
    expect(planOf([{ ...burst, os: "al2023" }]).devicePlugin).toEqual(plugin);
  });

  it("gives each pool that shares its GPUs a configuration of its own, the others whole GPUs", () => {
    const pools: Pools = [
      onAl2023,
      { ...onAl2023, name: "sliced", sharing: { kind: "time-slicing", replicas: 4 } },
      { ...onAl2023, name: "mps", sharing: { kind: "mps", replicas: 2 } },
      { ...onBottlerocket, sharing: { kind: "mps", replicas: 8 } },
    ];
    const config = (sharing: object) =>
      JSON.stringify({ version: "v1", flags: { migStrategy: "none" }, sharing });
    const parts = (replicas: number) => ({
      failRequestsGreaterThanOne: true,
      resources: [{ name: "nvidia.com/gpu", replicas }],
    });
    expect(planOf(pools).devicePlugin?.config).toEqual({
      default: "whole",
      map: {
        whole: config({}),
        sliced: config({ timeSlicing: parts(4) }),
        mps: config({ mps: parts(2) }),
      },
    });
  });

  it("runs the driver of claims on the nodes of pools with claims, and the device plugin on none of them", () => {
    const { devicePlugin, draDriver } = planOf([claimed]);
    expect(devicePlugin).toBeUndefined();
    expect(draDriver).toEqual({
      gpuResourcesEnabledOverride: true,
      resources: { gpus: { enabled: true }, computeDomains: { enabled: false } },
      nvidiaDriverRoot: "/",
      kubeletPlugin: {
        nodeSelector: { "rampa.dev/gpu-allocation": "dra" },
        tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
      },
    });
    expect(planOf([onAl2023, claimed]).devicePlugin?.affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [{ key: "rampa.dev/gpu-allocation", operator: "NotIn", values: ["dra"] }],
            },
          ],
        },
      },
    });
  });

  it("offers adapters to pods on the types of pools with EFA", () => {
    const efa = { instanceTypes: ["p5.48xlarge"], maxGpus: 16, zones: ["eu-west-1a"], efa: true };
    expect(planOf([{ ...onBottlerocket, ...efa }]).efaPlugin).toMatchObject({
      supportedInstanceLabels: {
        keys: ["node.kubernetes.io/instance-type"],
        values: ["p5.48xlarge"],
      },
    });
  });
});

const scope = {
  accountId: "111122223333",
  region: "eu-west-1",
  clusterName: "rampa-dev",
  clusterArn: supportRefs.clusterArn,
  subnetIds: ["subnet-0a", "subnet-0b"],
  securityGroupId: "sg-1",
  volumesKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/volumes",
  nodeRoleArn: "arn:aws:iam::111122223333:role/karpenter-nodes",
  instanceProfileArn: "arn:aws:iam::111122223333:instance-profile/karpenter-nodes",
  queueArn: "arn:aws:sqs:eu-west-1:111122223333:interruptions",
};

describe("karpenterStatements", () => {
  const statements = karpenterStatements(scope);
  const find = (sid: string) => statements.find((statement) => statement.sid === sid);
  const resolve = async (sid: string): Promise<unknown> =>
    new Promise((done) => output(find(sid)?.resources).apply(done));

  it("names every action, and every resource of an action that changes something", () => {
    for (const { sid, actions, resources } of statements) {
      expect([sid, actions.filter((action) => action.includes("*"))]).toEqual([sid, []]);
      if (resources?.includes("*")) {
        expect(actions.every((action) => /:(Describe|Get|List)/.test(action))).toBe(true);
      }
    }
  });

  it("launches into the cluster's own subnets and security group only", async () => {
    expect(await resolve("LaunchIntoTheCluster")).toEqual([
      "arn:aws:ec2:eu-west-1::image/*",
      "arn:aws:ec2:eu-west-1:*:snapshot/*",
      "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-0a",
      "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-0b",
      "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1",
      "arn:aws:ec2:eu-west-1:111122223333:capacity-reservation/*",
      "arn:aws:ec2:eu-west-1:111122223333:placement-group/*",
    ]);
  });

  it.each(["LaunchFromOwnTemplates", "TagOwnMachines", "EndOwnMachines"])(
    "%s holds for what it made for this cluster",
    (sid) => {
      expect(find(sid)?.conditions).toMatchObject({
        StringEquals: { "aws:ResourceTag/eks:eks-cluster-name": "rampa-dev" },
        StringLike: { "aws:ResourceTag/karpenter.sh/nodepool": "*" },
      });
    },
  );

  it.each(["LaunchWithTags", "TagWhatItCreates"])("%s asks for the cluster's tag", (sid) => {
    expect(find(sid)?.conditions).toMatchObject({
      StringEquals: { "aws:RequestTag/eks:eks-cluster-name": "rampa-dev" },
    });
  });

  it("passes the nodes' role to EC2 and nothing else to anybody", () => {
    expect(find("GiveNodesTheirRole")).toMatchObject({
      actions: ["iam:PassRole"],
      resources: [scope.nodeRoleArn],
      conditions: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } },
    });
  });

  it("fits into a role's inline policy", async () => {
    const text = await new Promise<string>((done) => iamPolicy(statements).apply(done));
    expect(text.length).toBeLessThan(10_240);
  });
});

const record = (pools: Pools, args: Partial<GpuSupportArgs> = {}) =>
  recordResources(
    () => {
      const providers = createProviders();
      const cluster = new ConfigMap("cluster", {}, { provider: providers[1] });
      return new GpuSupport(
        "gpus",
        { ...support, pools, refs: supportRefs, ...args },
        { providers, deletedWith: cluster },
      );
    },
    { stack: "dev", project: "rampa", computed: COMPUTED },
  );

const COMPUTED = {
  "aws:sqs/queue:Queue": { arn: scope.queueArn, name: "interruptions-1", url: "https://sqs/interruptions-1" },
  "aws:cloudwatch/eventRule:EventRule": {
    arn: "arn:aws:events:eu-west-1:111122223333:rule/one",
    name: "one",
  },
  "aws:iam/role:Role": { arn: scope.nodeRoleArn, name: "karpenter-nodes-1" },
  "aws:iam/instanceProfile:InstanceProfile": { arn: scope.instanceProfileArn, name: "karpenter-nodes-2" },
};

describe("GpuSupport", () => {
  it("has nothing to do for Bottlerocket pools that EKS manages", async () => {
    const resources = await record([onBottlerocket]);
    expect(resources.map(({ type }) => type)).toContain("rampa:gpu-pool:GpuSupport");
    expect(resources.filter(({ parent }) => parent.endsWith("::gpus"))).toEqual([]);
  });

  it("installs the device plugin as a pinned chart that goes with the cluster", async () => {
    const resources = await record([onAl2023]);
    const plugin = resources.find(({ name }) => name === "gpus-device-plugin");
    expect(plugin?.props).toMatchObject({
      chart: "nvidia-device-plugin",
      version: "0.19.0",
      values: { nodeSelector: { "rampa.dev/node-image": "al2023" } },
    });
    expect(plugin?.deletedWith).toMatch(/::cluster$/);
  });

  it("installs the driver of claims as a pinned chart, which a caller may change", async () => {
    const resources = await record([claimed], { override: { draDriver: { timeout: 62 } } });
    expect(resources.find(({ name }) => name === "gpus-dra-driver")?.props).toMatchObject({
      chart: "oci://registry.k8s.io/dra-driver-nvidia/charts/dra-driver-nvidia-gpu",
      version: "0.4.1",
      namespace: "kube-system",
      timeout: 62,
    });
  });

  it("runs Karpenter twice on system nodes, told of its cluster and of interruptions", async () => {
    const resources = await record([burst]);
    const controller = resources.find(({ name }) => name === "gpus-karpenter-controller");
    expect(controller?.props).toMatchObject({
      chart: "oci://public.ecr.aws/karpenter/karpenter",
      version: "1.14.1",
      namespace: "kube-system",
      skipCrds: true,
      values: {
        replicas: 2,
        nodeSelector: { "rampa.dev/pool": "system" },
        additionalLabels: { "rampa.dev/owner": "search-team" },
        serviceAccount: { name: "karpenter" },
        settings: {
          clusterName: "rampa-dev",
          interruptionQueue: "interruptions-1",
          featureGates: { nodeRepair: true },
        },
      },
    });
    expect(controller?.deletedWith).toMatch(/::cluster$/);
  });

  it("keeps types, rights and queue until the controller is gone", async () => {
    const resources = await record([burst]);
    const needed = resources.find(({ name }) => name === "gpus-karpenter-controller")?.dependencies ?? [];
    for (const child of [
      "types",
      "policy",
      "identity",
      "node-access",
      "interruptions-policy",
      "state-change-target",
    ]) {
      expect(needed.map((urn) => urn.split("::").at(-1))).toContain(`gpus-karpenter-${child}`);
    }
  });

  it("gives the controller's role to one ServiceAccount of this cluster, by Pod Identity", async () => {
    const resources = await record([burst]);
    const trust = JSON.parse(
      String(resources.find(({ name }) => name === "gpus-karpenter-role")?.props.assumeRolePolicy),
    );
    expect(trust.Statement).toEqual([
      {
        Sid: "AllowPodIdentity",
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:SourceAccount": "111122223333",
            "aws:RequestTag/eks-cluster-name": "rampa-dev",
            "aws:RequestTag/eks-cluster-arn": supportRefs.clusterArn,
            "aws:RequestTag/kubernetes-namespace": "kube-system",
            "aws:RequestTag/kubernetes-service-account": "karpenter",
          },
        },
      },
    ]);
    expect(resources.find(({ name }) => name === "gpus-karpenter-identity")?.props).toMatchObject({
      namespace: "kube-system",
      serviceAccount: "karpenter",
    });
  });

  it("lets Karpenter's nodes join with a role of their own", async () => {
    const resources = await record([burst]);
    expect(resources.find(({ name }) => name === "gpus-karpenter-node-access")?.props).toEqual({
      clusterName: "rampa-dev",
      principalArn: scope.nodeRoleArn,
      type: "EC2_LINUX",
    });
    const policies = resources.filter(({ type }) => type.endsWith(":RolePolicyAttachment"));
    expect(policies.map(({ props }) => props.policyArn)).toEqual([
      "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
      "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ]);
  });

  it("hears of all that happens to machines, over an encrypted queue that only the rules write to", async () => {
    const resources = await record([burst]);
    const queue = resources.find(({ name }) => name === "gpus-karpenter-interruptions");
    expect(queue?.props).toMatchObject({ sqsManagedSseEnabled: true, messageRetentionSeconds: 300 });
    const rules = resources.filter(({ type }) => type.endsWith(":EventRule"));
    expect(rules.map(({ props }) => JSON.parse(String(props.eventPattern)))).toEqual([
      { source: ["aws.health"], "detail-type": ["AWS Health Event"] },
      { source: ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"] },
      { source: ["aws.ec2"], "detail-type": ["EC2 Instance Rebalance Recommendation"] },
      { source: ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"] },
      { source: ["aws.ec2"], "detail-type": ["EC2 Capacity Reservation Instance Interruption Warning"] },
    ]);
    expect(resources.filter(({ type }) => type.endsWith(":EventTarget"))).toHaveLength(5);
    const policy = resources.find(({ name }) => name === "gpus-karpenter-interruptions-policy");
    expect(JSON.parse(String(policy?.props.policy)).Statement).toMatchObject([
      {
        Principal: { Service: "events.amazonaws.com" },
        Condition: {
          ArnEquals: { "aws:SourceArn": Array(5).fill(COMPUTED["aws:cloudwatch/eventRule:EventRule"].arn) },
        },
      },
      { Effect: "Deny", Principal: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
    ]);
  });

  it("lets a caller change single children", async () => {
    const override = {
      karpenter: { timeout: 60 },
      interruptions: { messageRetentionSeconds: 60 },
      nodeRole: { permissionsBoundary: "b" },
      karpenterRole: { maxSessionDuration: 3600 },
      devicePlugin: { timeout: 61 },
    };
    const resources = await record([burst, onAl2023], { override });
    const props = (name: string) => resources.find((resource) => resource.name === name)?.props;
    expect(props("gpus-karpenter-controller")).toMatchObject({ timeout: 60 });
    expect(props("gpus-karpenter-interruptions")).toMatchObject({ messageRetentionSeconds: 60 });
    expect(props("gpus-karpenter-node-role")).toMatchObject({ permissionsBoundary: "b" });
    expect(props("gpus-karpenter-role")).toMatchObject({ maxSessionDuration: 3600 });
    expect(props("gpus-device-plugin")).toMatchObject({ timeout: 61 });
  });

  it.each([
    ["1.33", "device-plugin, or a cluster of 1.34 or later; it has 1.33"],
    ["1.9", "device-plugin, or a cluster of 1.34 or later; it has 1.9"],
  ])("refuses claims on a cluster of %s", async (kubernetesVersion, want) => {
    await expect(record([claimed], { kubernetesVersion })).rejects.toThrow(
      `pools.0.allocation: got "dra", want ${want}`,
    );
  });

  it("refuses claims in Auto Mode", async () => {
    await expect(record([claimed], { compute: "auto" })).rejects.toThrow(
      [
        'rampa:gpu-pool:GpuSupport "gpus": 1 problem',
        '  pools.0.allocation: got "dra", want device-plugin, as NVIDIA\'s DRA driver is not for clusters in Auto Mode',
      ].join("\n"),
    );
  });

  it("refuses what would run twice beside Auto Mode's own, and pools of one name, all at once", async () => {
    const pools = [onAl2023, { ...burst, name: "plain" }];
    await expect(record(pools, { compute: "auto" })).rejects.toThrow(
      [
        'rampa:gpu-pool:GpuSupport "gpus": 3 problems',
        '  pools.1.name: got "plain", want a name that no other pool has',
        '  pools.0.os: got "al2023", want bottlerocket, as a second device plugin would offer the same GPUs twice',
        '  pools.1.kind: got "karpenter", want managed, as two Karpenters of one cluster would fight over its nodes',
      ].join("\n"),
    );
  });
});
