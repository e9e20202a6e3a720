// A pool of Karpenter: what it may buy, when it may take nodes away, and the order in which it goes.
import { ConfigMap } from "@pulumi/kubernetes/core/v1/index.js";
import { describe, expect, it } from "vitest";
import { type KarpenterPoolArgs, karpenterPoolSettings } from "../../../components/gpu-pool/gpu-pool.args.ts";
import { nodeClassArgs } from "../../../components/gpu-pool/karpenter-pool.manifests.ts";
import { planKarpenterPool } from "../../../components/gpu-pool/karpenter-pool.plan.ts";
import { KarpenterPool } from "../../../components/gpu-pool/karpenter-pool.ts";
import { ownedLabels } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";
import { block, createProviders, karpenter, karpenterRefs } from "./pool-fixture.ts";

type Change = Readonly<Record<string, unknown>>;

const planOf = (change: Change = {}) =>
  planKarpenterPool(karpenterPoolSettings.parse({ ...karpenter, ...change }));
const classOf = (change: Change = {}) =>
  nodeClassArgs(planOf(change), { ...karpenterRefs, subnetIds: ["subnet-0a"] });
const capacityOf = (change: Change) =>
  planOf(change).requirements.find(({ key }) => key === "karpenter.sh/capacity-type")?.values;

const reserved = { instanceTypes: ["g6.xlarge"], zones: ["eu-west-1a"] };

describe("planKarpenterPool", () => {
  it.each([
    [{}, ["on-demand"]],
    [{ interruptible: true, capacity: { kind: "spot" } }, ["spot"]],
    [{ interruptible: true, capacity: { kind: "spot", onDemandFallback: true } }, ["spot", "on-demand"]],
    [{ ...reserved, capacity: { kind: "reservation", id: "cr-01" } }, ["reserved"]],
    [
      { ...reserved, capacity: { kind: "reservation", id: "cr-01", onDemandFallback: true } },
      ["reserved", "on-demand"],
    ],
    [block, ["reserved"]],
  ])("buys with %j only %j", (change, types) => expect(capacityOf(change)).toEqual(types));

  it("limits GPUs, and nodes besides, which hold before a node says what it offers", () => {
    expect(planOf().limits).toEqual({ "nvidia.com/gpu": "8", nodes: "8" });
    expect(planOf({ instanceTypes: ["g6.12xlarge"], maxGpus: 9 }).limits).toEqual({
      "nvidia.com/gpu": "9",
      nodes: "2",
    });
    const shared = { instanceTypes: ["g6.12xlarge"], sharing: { kind: "mps", replicas: 4 } };
    expect(planOf(shared).limits).toEqual({ "nvidia.com/gpu": "32", nodes: "2" });
  });

  it("takes away only empty nodes where they must not be interrupted", () => {
    const { expireAfter, budgets, terminationGracePeriod } = planOf();
    expect(expireAfter).toBe("Never");
    expect(budgets).toEqual([{ nodes: "1" }, { nodes: "0", reasons: ["Drifted", "Underutilized"] }]);
    expect(terminationGracePeriod).toBeUndefined();
  });

  it("replaces interruptible nodes by age and image, within its budgets", () => {
    const budgets = [{ nodes: "20%" }, { nodes: "0", schedule: "0 8 * * 1-5", duration: "10h" }];
    const plan = planOf({ interruptible: true, disruption: { budgets, consolidateAfter: "5m" } });
    expect(plan).toMatchObject({
      expireAfter: "336h",
      budgets,
      consolidateAfter: "5m",
      terminationGracePeriod: "1h",
    });
    expect(planOf({ interruptible: true, expireAfter: "24h" }).expireAfter).toBe("24h");
  });

  it.each([
    [{}, "bottlerocket@latest"],
    [{ os: "al2023", imageVersion: "v20260310" }, "al2023@v20260310"],
  ])("runs with %j the image %s", (change, alias) => expect(planOf(change).imageAlias).toBe(alias));

  it("leaves sharing on AL2023 to the device plugin of the cluster", () => {
    const shared = { instanceTypes: ["g6.xlarge"], sharing: { kind: "mps", replicas: 4 } };
    expect(planOf({ ...shared, os: "al2023" }).userData).toBeUndefined();
    expect(planOf(shared).userData).toContain('device-sharing-strategy = "mps"');
  });
});

describe("nodeClassArgs", () => {
  it("gives each card an adapter, beside the plain interface of the first", () => {
    const efa = { instanceTypes: ["p5.48xlarge"], zones: ["eu-west-1a"], efa: true };
    const interfaces = classOf(efa).spec.networkInterfaces;
    expect(interfaces).toHaveLength(33);
    expect(interfaces.slice(0, 3)).toEqual([
      { networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" },
      { networkCardIndex: 0, deviceIndex: 1, interfaceType: "efa-only" },
      { networkCardIndex: 1, deviceIndex: 0, interfaceType: "efa-only" },
    ]);
    const b300 = classOf({ ...efa, instanceTypes: ["p6-b300.48xlarge"] }).spec.networkInterfaces;
    expect(b300).toHaveLength(17);
    expect(b300[1]).toEqual({ networkCardIndex: 1, deviceIndex: 0, interfaceType: "efa-only" });
  });

  it("selects a reservation, a warm snapshot and the instance store where they are set", () => {
    expect(classOf(block).spec.capacityReservationSelectorTerms).toEqual([{ id: "cr-0123456789abcdef0" }]);
    expect(classOf({ instanceStore: "raid0" }).spec.instanceStorePolicy).toBe("RAID0");
    const volume = { snapshotId: "snap-0123", initializationRateMibps: 200 };
    expect(classOf({ volume }).spec.blockDeviceMappings[1]).toMatchObject({
      deviceName: "/dev/xvdb",
      ebs: { snapshotID: "snap-0123", volumeInitializationRate: 200 },
    });
  });
});

type Options = { readonly args?: Partial<KarpenterPoolArgs> };

const record = ({ args = {} }: Options = {}) =>
  recordResources(
    () => {
      const providers = createProviders();
      const controller = new ConfigMap("controller", {}, { provider: providers[1] });
      const refs = { ...karpenterRefs, controller };
      return new KarpenterPool("burst", { ...karpenter, ...args, refs }, { providers });
    },
    { stack: "dev", project: "rampa" },
  );

describe("KarpenterPool", () => {
  it("makes a NodePool and its node class, which go before the controller that empties them", async () => {
    const resources = await record();
    const [nodeClass, nodePool] = ["burst-class", "burst-pool"].map((name) =>
      resources.find((resource) => resource.name === name),
    );
    const controller = resources.find(({ name }) => name === "controller")?.urn;
    expect(nodeClass?.dependencies).toContain(controller);
    expect(nodePool?.dependencies).toEqual(expect.arrayContaining([controller, nodeClass?.urn]));
    expect(nodePool?.customTimeouts.delete).toBe("1h");
    expect(nodePool?.props).toEqual({
      apiVersion: "karpenter.sh/v1",
      kind: "NodePool",
      metadata: { name: "burst", labels: ownedLabels("gpu-pool", "burst") },
      spec: {
        template: {
          metadata: {
            labels: {
              "rampa.dev/pool": "burst",
              "rampa.dev/gpu": "l4",
              "rampa.dev/node-image": "bottlerocket",
              "nvidia.com/gpu.present": "true",
            },
          },
          spec: {
            nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "burst" },
            requirements: [
              {
                key: "node.kubernetes.io/instance-type",
                operator: "In",
                values: ["g6.xlarge", "g6.12xlarge"],
              },
              { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
              { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
              { key: "kubernetes.io/os", operator: "In", values: ["linux"] },
              {
                key: "topology.kubernetes.io/zone",
                operator: "In",
                values: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
              },
            ],
            taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" }],
            expireAfter: "Never",
          },
        },
        limits: { "nvidia.com/gpu": "8", nodes: "8" },
        disruption: {
          consolidationPolicy: "WhenEmpty",
          consolidateAfter: "10m",
          budgets: [{ nodes: "1" }, { nodes: "0", reasons: ["Drifted", "Underutilized"] }],
        },
      },
    });
  });

  it("names subnets, security group and profile, and encrypts every disk", async () => {
    const nodeClass = (await record({ args: { zones: ["eu-west-1b"] } })).find(
      ({ name }) => name === "burst-class",
    );
    const disk = {
      volumeType: "gp3",
      encrypted: true,
      kmsKeyID: karpenterRefs.volumesKeyArn,
      deleteOnTermination: true,
    };
    expect(nodeClass?.props.spec).toEqual({
      amiSelectorTerms: [{ alias: "bottlerocket@latest" }],
      instanceProfile: "karpenter-nodes",
      subnetSelectorTerms: [{ id: "subnet-0b" }],
      securityGroupSelectorTerms: [{ id: "sg-0123456789abcdef0" }],
      metadataOptions: {
        httpEndpoint: "enabled",
        httpProtocolIPv6: "disabled",
        httpPutResponseHopLimit: 1,
        httpTokens: "required",
      },
      blockDeviceMappings: [
        { deviceName: "/dev/xvda", ebs: { ...disk, volumeSize: "4Gi" } },
        {
          deviceName: "/dev/xvdb",
          ebs: { ...disk, volumeSize: "200Gi", throughput: 500, iops: 3000 },
        },
      ],
      tags: { Name: "rampa-dev-burst", environment: "dev", owner: "search-team", "cost-center": "search" },
    });
  });

  it("puts nodes with EFA into a cluster placement group", async () => {
    const args = { instanceTypes: ["p5.48xlarge"], zones: ["eu-west-1a"], efa: true };
    const resources = await record({ args: { ...args, override: { placement: { name: "pg" } } } });
    expect(resources.find(({ name }) => name === "burst-class")?.props.spec).toMatchObject({
      placementGroupSelector: { name: "pg" },
    });
  });

  it("lets a caller change single children", async () => {
    const override = {
      nodePool: { spec: { weight: 10 } },
      nodeClass: { spec: { detailedMonitoring: true } },
    };
    const resources = await record({ args: { override } });
    expect(resources.find(({ name }) => name === "burst-pool")?.props.spec).toMatchObject({ weight: 10 });
    expect(resources.find(({ name }) => name === "burst-class")?.props.spec).toMatchObject({
      detailedMonitoring: true,
    });
  });
});
