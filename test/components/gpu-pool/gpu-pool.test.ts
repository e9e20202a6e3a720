// A managed pool: its nodes as the scheduler sees them, its template and node group, and the component.
import { describe, expect, it } from "vitest";
import { planGpuNodes } from "../../../components/gpu-pool/gpu-nodes.plan.ts";
import { type GpuPoolArgs, managedPoolSettings } from "../../../components/gpu-pool/gpu-pool.args.ts";
import * as manifests from "../../../components/gpu-pool/gpu-pool.manifests.ts";
import { planGpuPool } from "../../../components/gpu-pool/gpu-pool.plan.ts";
import { GpuPool } from "../../../components/gpu-pool/gpu-pool.ts";
import { recordResources } from "../../kit/record-resources.ts";
import { block, createProviders, managed, poolRefs, ZONES } from "./pool-fixture.ts";

type Change = Readonly<Record<string, unknown>>;

const planOf = (change: Change = {}) => planGpuPool(managedPoolSettings.parse({ ...managed, ...change }));
const nodesOf = (change: Change = {}) => planGpuNodes(managedPoolSettings.parse({ ...managed, ...change }));
const templateOf = (change: Change = {}) => manifests.launchTemplateArgs(planOf(change), poolRefs);
const userDataOf = (change: Change) => Buffer.from(planOf(change).userData ?? "", "base64").toString("utf8");

const EFA = { instanceTypes: ["p5.48xlarge"], maxGpus: 16, zones: ["eu-west-1a"], efa: true };

describe("planGpuNodes", () => {
  it("labels and taints nodes as pods of the platform select and tolerate them", () => {
    expect(nodesOf()).toEqual({
      labels: {
        "rampa.dev/pool": "chat",
        "rampa.dev/gpu": "l4",
        "rampa.dev/node-image": "bottlerocket",
        "nvidia.com/gpu.present": "true",
      },
      taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" }],
      gpu: { model: "L4", memoryGib: 22, shares: 1 },
      shapes: [
        {
          instanceType: "g6.xlarge",
          gpus: 1,
          allocatable: { cpu: "3920m", memory: "13590Mi", "nvidia.com/gpu": "1" },
        },
      ],
    });
  });

  it.each([
    [{}, "1"],
    [{ instanceTypes: ["g6.12xlarge"] }, "4"],
    [{ sharing: { kind: "time-slicing", replicas: 5 } }, "5"],
    [{ instanceTypes: ["g6.12xlarge"], sharing: { kind: "mps", replicas: 3 } }, "12"],
    [{ instanceTypes: ["p5.48xlarge"], maxGpus: 8, sharing: { kind: "mig", profile: "2g.20gb" } }, "24"],
    [{ instanceTypes: ["p4d.24xlarge"], maxGpus: 8, sharing: { kind: "mig", profile: "1g.5gb" } }, "56"],
  ])("offers with %j %s GPUs a node", (change, gpus) => {
    expect(nodesOf(change).shapes[0]?.allocatable["nvidia.com/gpu"]).toBe(gpus);
  });

  it("counts no GPUs where they are claimed, and says so to whoever selects nodes", () => {
    const { labels, shapes } = nodesOf({ os: "al2023", allocation: "dra" });
    expect(labels).toMatchObject({ "rampa.dev/gpu-allocation": "dra", "nvidia.com/gpu.present": "true" });
    expect(shapes[0]?.allocatable).toEqual({ cpu: "3920m", memory: "13590Mi" });
  });

  it("tells the device plugin of AL2023 nodes which sharing is theirs", () => {
    expect(nodesOf({ os: "al2023", sharing: { kind: "mps", replicas: 3 } }).labels).toMatchObject({
      "rampa.dev/node-image": "al2023",
      "nvidia.com/device-plugin.config": "chat",
      "nvidia.com/mps.capable": "true",
    });
    const sliced = nodesOf({ os: "al2023", sharing: { kind: "time-slicing", replicas: 3 } }).labels;
    expect(sliced["nvidia.com/device-plugin.config"]).toBe("chat");
    expect(sliced["nvidia.com/mps.capable"]).toBeUndefined();
  });
});

describe("planGpuPool", () => {
  it.each([
    [{}, "BOTTLEROCKET_x86_64_NVIDIA"],
    [{ os: "al2023" }, "AL2023_x86_64_NVIDIA"],
    [{ architecture: "arm64", instanceTypes: ["g5g.xlarge"] }, "BOTTLEROCKET_ARM_64_NVIDIA"],
    [{ architecture: "arm64", instanceTypes: ["g5g.xlarge"], os: "al2023" }, "AL2023_ARM_64_NVIDIA"],
  ])("runs with %j the image %s", (change, amiType) => expect(planOf(change).amiType).toBe(amiType));

  it.each([
    [{}, { min: 1, max: 4, initial: 1 }],
    [
      { instanceTypes: ["g6.12xlarge"], maxGpus: 11 },
      { min: 1, max: 2, initial: 1 },
    ],
    [{ nodes: { min: 0, max: 2 } }, { min: 0, max: 2, initial: 0 }],
    [block, { min: 0, max: 2, initial: 0 }],
  ])("has with %j the size %j", (change, size) => expect(planOf(change).size).toEqual(size));

  it("fills a capacity block when it starts and is empty 40 minutes before it ends", () => {
    expect(planOf(block).schedule).toEqual([
      { name: "start", at: "2027-01-10T11:30:00Z", nodes: 2 },
      { name: "drain", at: "2027-01-17T10:50:00Z", nodes: 0 },
    ]);
    expect(planOf().schedule).toEqual([]);
  });

  it("is in the subnets of its zones", () => {
    expect(planOf({ zones: ["eu-west-1c", "eu-west-1a"] }).subnets).toEqual([2, 0]);
    expect(planOf().subnets).toEqual([0, 1, 2]);
  });
});

describe("user data", () => {
  it("is left to the image where it has nothing to say", () => {
    expect(planOf().userData).toBeUndefined();
    expect(planOf({ os: "al2023", sharing: { kind: "mps", replicas: 2 } }).userData).toBeUndefined();
  });

  it.each([
    [
      { sharing: { kind: "time-slicing", replicas: 4 } },
      `[settings.kubelet-device-plugins.nvidia]
device-sharing-strategy = "time-slicing"

[settings.kubelet-device-plugins.nvidia.time-slicing]
replicas = 4
rename-by-default = false
fail-requests-greater-than-one = true
`,
    ],
    [
      { sharing: { kind: "mps", replicas: 4 } },
      `[settings.kubelet-device-plugins.nvidia]
device-sharing-strategy = "mps"

[settings.kubelet-device-plugins.nvidia.mps]
replicas = 4
rename-by-default = false
`,
    ],
    [
      { instanceTypes: ["p5.48xlarge"], maxGpus: 8, sharing: { kind: "mig", profile: "3g.40gb" } },
      `[settings.kubelet-device-plugins.nvidia]
device-partitioning-strategy = "mig"

[settings.kubelet-device-plugins.nvidia.mig.profile]
"h100.80gb" = "3g.40gb"
`,
    ],
    [
      { instanceStore: "raid0" },
      `[settings.bootstrap-commands.000-mount-instance-storage]
commands = [["apiclient", "ephemeral-storage", "init"], ["apiclient", "ephemeral-storage", "bind", "--dirs", "/var/lib/containerd", "/var/lib/kubelet", "/var/log/pods"]]
essential = true
mode = "always"
`,
    ],
  ])("tells Bottlerocket %j", (change, text) => expect(userDataOf(change)).toBe(text));

  it("tells Bottlerocket of shared GPUs and of its instance store at once", () => {
    const both = userDataOf({ instanceStore: "raid0", sharing: { kind: "mps", replicas: 2 } });
    expect(both).toMatch(/nvidia\.mps\]\nreplicas = 2\n[\s\S]*\n\n\[settings\.bootstrap-commands/);
  });

  it("tells AL2023 of its instance store as a part that EKS adds its own to", () => {
    expect(userDataOf({ os: "al2023", instanceStore: "raid0" })).toBe(`MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/node.eks.aws

---
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0

--//--
`);
  });
});

const encrypted = {
  volumeType: "gp3",
  encrypted: "true",
  kmsKeyId: poolRefs.volumesKeyArn,
  deleteOnTermination: "true",
};

describe("launchTemplateArgs", () => {
  it("answers metadata by session token and not to pods, and encrypts every disk", () => {
    const { metadataOptions, blockDeviceMappings, networkInterfaces, placement } = templateOf();
    expect(metadataOptions).toEqual({
      httpEndpoint: "enabled",
      httpTokens: "required",
      httpPutResponseHopLimit: 1,
    });
    expect(blockDeviceMappings).toEqual([
      { deviceName: "/dev/xvda", ebs: { ...encrypted, volumeSize: 4 } },
      { deviceName: "/dev/xvdb", ebs: { ...encrypted, volumeSize: 200, throughput: 500, iops: 3000 } },
    ]);
    expect([networkInterfaces, placement]).toEqual([undefined, undefined]);
  });

  it("has one disk on AL2023, of the size that is set", () => {
    expect(templateOf({ os: "al2023", volume: { sizeGib: 300 } }).blockDeviceMappings).toEqual([
      { deviceName: "/dev/xvda", ebs: { ...encrypted, volumeSize: 300, throughput: 500, iops: 3000 } },
    ]);
  });

  it("starts the data disk from a snapshot with the models, fetched ahead", () => {
    const volume = { snapshotId: "snap-0123", initializationRateMibps: 300 };
    const [system, data] = [templateOf({ volume }).blockDeviceMappings].flat();
    expect(system).not.toHaveProperty("ebs.snapshotId");
    expect(data).toMatchObject({ ebs: { snapshotId: "snap-0123", volumeInitializationRate: 300 } });
  });

  it("attaches an adapter to every network card, the first with plain traffic too", () => {
    const interfaces = [templateOf(EFA).networkInterfaces].flat();
    expect(interfaces).toHaveLength(32);
    const one = { deviceIndex: 0, securityGroups: ["sg-0123456789abcdef0"], deleteOnTermination: "true" };
    expect(interfaces[0]).toEqual({ ...one, networkCardIndex: 0, interfaceType: "efa" });
    expect(interfaces[31]).toEqual({ ...one, networkCardIndex: 31, interfaceType: "efa-only" });
  });

  it("keeps plain traffic off the adapters where the first card has none", () => {
    const types = [templateOf({ ...EFA, instanceTypes: ["p6-b300.48xlarge"] }).networkInterfaces]
      .flat()
      .map((it) => it);
    expect(types).toHaveLength(17);
    expect(types[0]).toMatchObject({ networkCardIndex: 0, interfaceType: "interface" });
    expect(types[16]).toMatchObject({ networkCardIndex: 16, interfaceType: "efa-only" });
  });

  it("targets a capacity block and names its type, which the node group then must not", () => {
    expect(templateOf(block)).toMatchObject({
      instanceMarketOptions: { marketType: "capacity-block" },
      capacityReservationSpecification: {
        capacityReservationTarget: { capacityReservationId: "cr-0123456789abcdef0" },
      },
      instanceType: "p5.48xlarge",
    });
  });

  it("targets a reservation without buying otherwise", () => {
    const reservation = { capacity: { kind: "reservation", id: "cr-01" }, zones: ["eu-west-1a"] };
    const template = templateOf(reservation);
    expect(template.capacityReservationSpecification).toEqual({
      capacityReservationTarget: { capacityReservationId: "cr-01" },
    });
    expect([template.instanceMarketOptions, template.instanceType]).toEqual([undefined, undefined]);
    expect(planOf(reservation).capacityType).toBe("ON_DEMAND");
  });

  it("says on every machine, disk and interface who pays", () => {
    const tags = {
      Name: "rampa-dev-chat",
      environment: "dev",
      owner: "search-team",
      "cost-center": "search",
    };
    expect(templateOf().tagSpecifications).toEqual([
      { resourceType: "instance", tags },
      { resourceType: "volume", tags },
      { resourceType: "network-interface", tags },
    ]);
  });
});

const record = (args: GpuPoolArgs) =>
  recordResources(() => new GpuPool("chat", args, { providers: createProviders() }), {
    stack: "dev",
    project: "rampa",
    computed: {
      "aws:ec2/launchTemplate:LaunchTemplate": { latestVersion: 7 },
      "aws:eks/nodeGroup:NodeGroup": { resources: [{ autoscalingGroups: [{ name: "eks-chat-asg" }] }] },
    },
  });

const find = async (name: string, args: GpuPoolArgs) =>
  (await record(args)).find((resource) => resource.name === name);

describe("GpuPool", () => {
  it("makes a template and a node group from it, whose size is left to autoscalers", async () => {
    const resources = await record({ ...managed, refs: poolRefs });
    const component = resources.find(({ type }) => type === "rampa:gpu-pool:GpuPool");
    const children = resources.filter(({ parent }) => parent === component?.urn);
    expect(children.map(({ name }) => name)).toEqual(["chat-template", "chat-nodes"]);
    const nodes = children.find(({ name }) => name === "chat-nodes");
    expect(nodes?.ignoreChanges).toEqual(["scalingConfig.desiredSize"]);
    expect(nodes?.customTimeouts).toEqual({ create: "40m", update: "2h", delete: "1h" });
    expect(nodes?.props).toEqual({
      clusterName: "rampa-dev",
      nodeRoleArn: "arn:aws:iam::111122223333:role/nodes",
      subnetIds: ["subnet-0a", "subnet-0b", "subnet-0c"],
      amiType: "BOTTLEROCKET_x86_64_NVIDIA",
      capacityType: "ON_DEMAND",
      instanceTypes: ["g6.xlarge"],
      launchTemplate: { id: "chat-template-id", version: "7" },
      scalingConfig: { minSize: 1, maxSize: 4, desiredSize: 1 },
      updateConfig: { maxUnavailable: 1, updateStrategy: "MINIMAL" },
      nodeRepairConfig: { enabled: true },
      labels: {
        "rampa.dev/pool": "chat",
        "rampa.dev/gpu": "l4",
        "rampa.dev/node-image": "bottlerocket",
        "nvidia.com/gpu.present": "true",
      },
      taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NO_SCHEDULE" }],
    });
  });

  it.each([
    [{ interruptible: true, capacity: { kind: "spot" } }, { capacityType: "SPOT" }],
    [{ repair: false }, { nodeRepairConfig: { enabled: false } }],
    [
      { updates: { surge: true, maxUnavailable: 2 } },
      { updateConfig: { maxUnavailable: 2, updateStrategy: "DEFAULT" } },
    ],
    [{ zones: [ZONES[1]] }, { subnetIds: ["subnet-0b"] }],
  ])("takes %j over to the node group", async (change, props) => {
    const args = { ...managedPoolSettings.parse({ ...managed, ...change }), refs: poolRefs };
    expect((await find("chat-nodes", args))?.props).toMatchObject(props);
  });

  it("schedules the sizes of a capacity block on the group that EKS made", async () => {
    const resources = await record({ ...managed, ...block, refs: poolRefs });
    const nodes = resources.find(({ name }) => name === "chat-nodes")?.props;
    expect(nodes).not.toHaveProperty("instanceTypes");
    expect(nodes).toMatchObject({
      capacityType: "CAPACITY_BLOCK",
      scalingConfig: { minSize: 0, maxSize: 2, desiredSize: 0 },
    });
    const schedules = resources.filter(({ type }) => type === "aws:autoscaling/schedule:Schedule");
    const unchanged = { autoscalingGroupName: "eks-chat-asg", minSize: -1, maxSize: -1 };
    expect(schedules.map(({ props }) => props)).toEqual([
      { ...unchanged, scheduledActionName: "start", startTime: "2027-01-10T11:30:00Z", desiredCapacity: 2 },
      { ...unchanged, scheduledActionName: "drain", startTime: "2027-01-17T10:50:00Z", desiredCapacity: 0 },
    ]);
  });

  it("puts nodes with EFA into a cluster placement group", async () => {
    const resources = await record({
      ...managed,
      ...EFA,
      refs: poolRefs,
      override: { placement: { name: "pg" } },
    });
    expect(resources.find(({ name }) => name === "chat-placement")?.props).toEqual({
      strategy: "cluster",
      name: "pg",
    });
    expect(resources.find(({ name }) => name === "chat-template")?.props.placement).toEqual({
      groupName: "pg",
    });
  });

  it("lets a caller change single children", async () => {
    const override = { template: { description: "ours" }, nodes: { version: "1.36" } };
    const resources = await record({ ...managed, refs: poolRefs, override });
    expect(resources.find(({ name }) => name === "chat-template")?.props.description).toBe("ours");
    expect(resources.find(({ name }) => name === "chat-nodes")?.props.version).toBe("1.36");
  });

  it("creates nothing from wrong settings, and refuses zones without a subnet", async () => {
    await expect(record({ ...managed, maxGpus: 0, refs: poolRefs })).rejects.toThrow(
      'rampa:gpu-pool:GpuPool "chat": 2 problems',
    );
    const refs = { ...poolRefs, privateSubnetIds: ["subnet-0a"] };
    await expect(record({ ...managed, refs })).rejects.toThrow("no private subnet for zone 2");
  });
});
