// Cost an hour by resource type: at rest, at most, and what has no price.
import { describe, expect, it } from "vitest";
import { findInstanceType } from "../../../components/contract/instance-types.ts";
import { PRICES } from "../../../components/contract/prices.ts";
import { costOf } from "../../../stacks/preview/cost.ts";
import type { Resource } from "../../../stacks/preview/resource.ts";
import { deployment, route } from "./platform-resources.ts";

const DAY = "2026-11-21";

const resource = (type: string, props: Resource["props"], name = "it"): Resource => ({
  type,
  urn: `urn:pulumi:dev::rampa::${type}::${name}`,
  props,
});

const hourly = (type: string): number => findInstanceType(type)?.usdPerHour ?? Number.NaN;

const nodePool = (
  limits: Record<string, unknown>,
  more: Record<string, unknown> = {},
  labels: Record<string, string> = {},
): Resource =>
  resource("kubernetes:karpenter.sh/v1:NodePool", {
    spec: {
      limits,
      ...more,
      template: {
        metadata: { labels },
        spec: {
          requirements: [
            { key: "node.kubernetes.io/instance-type", operator: "In", values: ["g6.xlarge", "g6.12xlarge"] },
          ],
        },
      },
    },
  });

describe("costOf", () => {
  it.each([
    [
      "a control plane in standard support",
      resource("aws:eks/cluster:Cluster", { version: "1.35" }),
      0.1,
      0.1,
    ],
    ["one in extended support", resource("aws:eks/cluster:Cluster", { version: "1.33" }), 0.6, 0.6],
    [
      "a node group from its least to its largest size, at the dearest of its types",
      resource("aws:eks/nodeGroup:NodeGroup", {
        instanceTypes: ["m7g.large", "m7i.large"],
        scalingConfig: { minSize: 2, maxSize: 4 },
      }),
      2 * hourly("m7i.large"),
      4 * hourly("m7i.large"),
    ],
    [
      "a node group at its wanted size",
      resource("aws:eks/nodeGroup:NodeGroup", {
        instanceTypes: ["g6.xlarge"],
        scalingConfig: { minSize: 0, desiredSize: 1, maxSize: 1 },
      }),
      hourly("g6.xlarge"),
      hourly("g6.xlarge"),
    ],
    ["a NodePool by its GPUs", nodePool({ "nvidia.com/gpu": 8 }), 0, 2 * hourly("g6.12xlarge")],
    [
      "a NodePool by its nodes where that is less",
      nodePool({ "nvidia.com/gpu": 8, nodes: "1" }),
      0,
      hourly("g6.12xlarge"),
    ],
    [
      "a NodePool of fixed size",
      nodePool({ nodes: 3 }, { replicas: 2 }),
      2 * hourly("g6.12xlarge"),
      3 * hourly("g6.12xlarge"),
    ],
    ["a NAT gateway", resource("aws:ec2/natGateway:NatGateway", {}), 0.045, 0.045],
    ["an address", resource("aws:ec2/eip:Eip", {}), 0.005, 0.005],
    [
      "an interface endpoint by its zones",
      resource("aws:ec2/vpcEndpoint:VpcEndpoint", {
        vpcEndpointType: "Interface",
        subnetIds: ["a", "b", "c"],
      }),
      0.03,
      0.03,
    ],
    [
      "a database in two zones",
      resource("aws:rds/instance:Instance", { instanceClass: "db.t4g.small", multiAz: true }),
      2 * PRICES["rds.db.t4g.small"].usd,
      2 * PRICES["rds.db.t4g.small"].usd,
    ],
    [
      "a cache with its replicas",
      resource("aws:elasticache/replicationGroup:ReplicationGroup", {
        nodeType: "cache.t4g.small",
        numNodeGroups: 2,
        replicasPerNodeGroup: 1,
      }),
      4 * PRICES["elasticache.cache.t4g.small"].usd,
      4 * PRICES["elasticache.cache.t4g.small"].usd,
    ],
    ["a key by its month", resource("aws:kms/key:Key", {}), 1 / 730, 1 / 730],
  ])("counts %s", (_, it_, idle, peak) => {
    const cost = costOf([it_], DAY);
    expect(cost.unpriced).toEqual([]);
    expect(cost.idle).toBeCloseTo(idle, 10);
    expect(cost.peak).toBeCloseTo(peak, 10);
  });

  it("counts the nodes of a NodePool that pods are always on, before autoscalers add to them", () => {
    const pool = nodePool({ "nvidia.com/gpu": 8 }, {}, { "rampa.dev/pool": "l4" });
    const running = [deployment("1.0.0", { replicas: 5 }), route({ "1.0.0": 100 })];
    expect(costOf([pool, ...running], DAY)).toMatchObject({
      idle: 2 * hourly("g6.12xlarge"),
      peak: 2 * hourly("g6.12xlarge"),
    });
    const scaler = resource("kubernetes:keda.sh/v1alpha1:ScaledObject", {
      spec: { scaleTargetRef: { name: "chat-1-0-0" }, minReplicaCount: 0, maxReplicaCount: 5 },
    });
    expect(costOf([pool, ...running, scaler], DAY).idle).toBe(0);
  });

  it("counts each instance of a serverless database by the capacity of its own cluster", () => {
    const cluster = (name: string, least: number, most: number): Resource =>
      resource("aws:rds/cluster:Cluster", {
        clusterIdentifier: name,
        serverlessv2ScalingConfiguration: { minCapacity: least, maxCapacity: most },
      });
    const instance = resource("aws:rds/clusterInstance:ClusterInstance", {
      instanceClass: "db.serverless",
      clusterIdentifier: "b",
    });
    const cost = costOf([cluster("a", 1, 2), cluster("b", 0.5, 8), instance], DAY);
    expect([cost.idle, cost.peak]).toEqual([0.5 * PRICES["aurora.acu"].usd, 8 * PRICES["aurora.acu"].usd]);
  });

  it.each([
    [
      "an instance type that the table lacks",
      resource("aws:eks/nodeGroup:NodeGroup", {
        instanceTypes: ["g6.xlarge", "x9.huge"],
        scalingConfig: { minSize: 0, maxSize: 1 },
      }),
    ],
    ["a NodePool without a limit", nodePool({})],
    [
      "a database class that the table lacks",
      resource("aws:rds/instance:Instance", { instanceClass: "db.x9.huge" }),
    ],
  ])("says that it has no price for %s", (_, it_) => {
    expect(costOf([it_], DAY)).toEqual({ idle: 0, peak: 0, items: [], unpriced: ["it"] });
  });

  it("counts neither gateway endpoints nor what costs by use only", () => {
    const free = [
      resource("aws:ec2/vpcEndpoint:VpcEndpoint", { vpcEndpointType: "Gateway" }),
      resource("aws:s3/bucket:Bucket", {}),
      resource("kubernetes:core/v1:Service", {}),
    ];
    expect(costOf(free, DAY)).toEqual({ idle: 0, peak: 0, items: [], unpriced: [] });
  });

  it("lists the dearest first", () => {
    const key = resource("aws:kms/key:Key", {}, "key");
    const nat = resource("aws:ec2/natGateway:NatGateway", {}, "nat");
    expect(costOf([key, nat], DAY).items.map(({ name }) => name)).toEqual(["nat", "key"]);
  });
});
