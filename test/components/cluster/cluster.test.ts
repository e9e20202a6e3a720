// EksCluster: a private control plane that only named roles enter, and nodes that come up in the right order.
import { KubeConfig } from "@kubernetes/client-node";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import {
  type ClusterSettings,
  clusterSettingsOn,
  type EksClusterOverride,
} from "../../../components/cluster/cluster.args.ts";
import * as manifests from "../../../components/cluster/cluster.manifests.ts";
import {
  type ClusterPlan,
  planCluster,
  type SystemPoolPlan,
} from "../../../components/cluster/cluster.plan.ts";
import { EksCluster } from "../../../components/cluster/cluster.ts";
import { type RecordedResource, recordResources, UNKNOWN } from "../../kit/record-resources.ts";
import {
  AUDIT,
  clusterRefs,
  keyArn,
  named,
  PLATFORM,
  providers,
  resolved,
  SEARCH,
  settings,
  verdicts,
  waitsFor,
} from "./cluster-example.ts";

const planOf = (change: object = {}): ClusterPlan => {
  const given: ClusterSettings = clusterSettingsOn(settings.asOf).parse({ ...settings, ...change });
  return planCluster(given);
};

function poolOf(systemPool: object): { plan: ClusterPlan; pool: SystemPoolPlan } {
  const plan = planOf({ systemPool });
  if (plan.systemPool === undefined) throw new Error("no system pool");
  return { plan, pool: plan.systemPool };
}

const refs = { ...clusterRefs, roleArn: "role", nodeRoleArn: "nodes" };

describe("planCluster", () => {
  it("gives each role one policy in its scope, whatever the order of roles", () => {
    const access = {
      admins: [PLATFORM],
      developers: [{ role: SEARCH, namespaces: ["rampa"] }],
      viewers: [{ role: AUDIT, scope: "cluster" }],
    };
    expect(planOf({ access }).grants).toEqual([
      { key: "platform-e680b0ff", role: PLATFORM, policy: "AmazonEKSClusterAdminPolicy" },
      { key: "search-dfc50463", role: SEARCH, policy: "AmazonEKSEditPolicy", namespaces: ["rampa"] },
      { key: "audit-d8d5aca1", role: AUDIT, policy: "AmazonEKSViewPolicy" },
    ]);
  });

  it("has the add-ons of nodes before those of pods, and enforces network policies from a pod's first packet", () => {
    const { ofNodes, ofPods } = planOf().addons;
    expect(ofNodes.map(({ name }) => name)).toEqual(["vpc-cni", "kube-proxy", "eks-pod-identity-agent"]);
    expect(ofPods.map(({ name }) => name)).toEqual([
      "coredns",
      "metrics-server",
      "aws-ebs-csi-driver",
      "eks-node-monitoring-agent",
    ]);
    expect(ofNodes[0]?.configuration).toEqual({
      enableNetworkPolicy: "true",
      env: { NETWORK_POLICY_ENFORCING_MODE: "strict" },
    });
  });

  it("lets pods without a policy talk where that is asked for", () => {
    const { addons, isStrict } = planOf({ networkPolicy: "standard" });
    expect(isStrict).toBe(false);
    expect(addons.ofNodes[0]?.configuration).toMatchObject({
      env: { NETWORK_POLICY_ENFORCING_MODE: "standard" },
    });
  });

  it("lets the add-ons' Deployments onto nodes that are kept for them", () => {
    const { addons } = planOf({ systemPool: { dedicated: true } });
    const tolerations = [{ key: "CriticalAddonsOnly", operator: "Exists" }];
    expect(addons.ofPods.map(({ configuration }) => configuration)).toEqual([
      { tolerations },
      { tolerations },
      {
        controller: {
          extraVolumeTags: { environment: "dev", owner: "search-team", "cost-center": "search" },
          tolerations,
        },
      },
      undefined,
    ]);
  });

  it("leaves to Auto Mode what it brings: nodes and all add-ons but the metrics server", () => {
    const { addons, systemPool, isStrict, storageProvisioner } = planOf({ mode: "auto" });
    expect(systemPool).toBeUndefined();
    expect(isStrict).toBe(false);
    expect([...addons.ofNodes, ...addons.ofPods].map(({ name }) => name)).toEqual(["metrics-server"]);
    expect(storageProvisioner).toBe("ebs.csi.eks.amazonaws.com");
  });
});

describe("cluster manifests", () => {
  it("are private, logged, encrypted with the customer's key, and entered by access entries alone", () => {
    expect(manifests.clusterArgs(planOf(), refs)).toEqual({
      name: "rampa-prod",
      version: "1.35",
      upgradePolicy: { supportType: "STANDARD" },
      roleArn: "role",
      accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
      vpcConfig: {
        subnetIds: ["subnet-a", "subnet-b", "subnet-c"],
        endpointPrivateAccess: true,
        endpointPublicAccess: false,
      },
      enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
      encryptionConfig: { provider: { keyArn: keyArn("secrets") }, resources: ["secrets"] },
      deletionProtection: true,
      bootstrapSelfManagedAddons: false,
      zonalShiftConfig: { enabled: true },
    });
  });

  it("open the public endpoint for named callers only, and keep the private one", () => {
    const plan = planOf({ publicAccess: { cidrs: ["198.51.100.0/24"] } });
    expect(manifests.clusterArgs(plan, refs).vpcConfig).toMatchObject({
      endpointPrivateAccess: true,
      endpointPublicAccess: true,
      publicAccessCidrs: ["198.51.100.0/24"],
    });
  });

  it("switch all of Auto Mode on together", () => {
    expect(manifests.clusterArgs(planOf({ mode: "auto" }), refs)).toMatchObject({
      computeConfig: { enabled: true, nodePools: ["general-purpose", "system"], nodeRoleArn: "nodes" },
      storageConfig: { blockStorage: { enabled: true } },
      kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
      bootstrapSelfManagedAddons: false,
    });
  });

  it("keep a version out of standard support only where that is asked for", () => {
    expect(manifests.clusterArgs(planOf({ support: "extended" }), refs).upgradePolicy).toEqual({
      supportType: "EXTENDED",
    });
  });

  it("scope an access policy to the cluster or to namespaces", () => {
    const access = {
      admins: [PLATFORM],
      developers: [{ role: SEARCH, namespaces: ["rampa", "batch"] }],
      viewers: [{ role: AUDIT, scope: "cluster" }],
    };
    const scopes = planOf({ access }).grants.map((grant) => manifests.accessPolicyArgs(grant, "c"));
    expect(scopes.map(({ policyArn, accessScope }) => [policyArn, accessScope])).toEqual([
      ["arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", { type: "cluster" }],
      [
        "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
        { type: "namespace", namespaces: ["rampa", "batch"] },
      ],
      ["arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", { type: "cluster" }],
    ]);
  });

  it("encrypt every disk of a Bottlerocket node and give the second one the space", () => {
    const { plan, pool } = poolOf({});
    expect(manifests.nodeTemplateArgs(plan, pool, keyArn("volumes"))).toMatchObject({
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvda",
          ebs: { encrypted: "true", kmsKeyId: keyArn("volumes"), volumeType: "gp3" },
        },
        {
          deviceName: "/dev/xvdb",
          ebs: { encrypted: "true", kmsKeyId: keyArn("volumes"), volumeType: "gp3", volumeSize: 50 },
        },
      ],
    });
  });

  it("give the one disk of an AL2023 node the space", () => {
    const { plan, pool } = poolOf({ amiType: "AL2023_x86_64_STANDARD", volumeGib: 80 });
    expect(manifests.nodeTemplateArgs(plan, pool, "key").blockDeviceMappings).toMatchObject([
      { deviceName: "/dev/xvda", ebs: { encrypted: "true", volumeSize: 80 } },
    ]);
  });

  it("tag machines and disks for whoever pays, as the provider's tags do not reach them", () => {
    const { plan, pool } = poolOf({});
    const tags = {
      environment: "dev",
      owner: "search-team",
      "cost-center": "search",
      Name: "rampa-prod-system",
    };
    expect(manifests.nodeTemplateArgs(plan, pool, "key").tagSpecifications).toEqual([
      { resourceType: "instance", tags },
      { resourceType: "volume", tags },
      { resourceType: "network-interface", tags },
    ]);
  });

  it("run one group over all zones that repairs itself and follows the control plane's version", () => {
    const { plan, pool } = poolOf({});
    const args = manifests.nodeGroupArgs(plan, pool, {
      clusterName: "rampa-prod",
      nodeRoleArn: "nodes",
      privateSubnetIds: clusterRefs.privateSubnetIds,
      template: { id: "lt", version: "1" },
    });
    expect(args).toEqual({
      clusterName: "rampa-prod",
      nodeRoleArn: "nodes",
      subnetIds: ["subnet-a", "subnet-b", "subnet-c"],
      version: "1.35",
      amiType: "BOTTLEROCKET_x86_64",
      capacityType: "ON_DEMAND",
      instanceTypes: ["m7i.large"],
      launchTemplate: { id: "lt", version: "1" },
      scalingConfig: { minSize: 2, maxSize: 4, desiredSize: 2 },
      updateConfig: { maxUnavailable: 1, updateStrategy: "DEFAULT" },
      nodeRepairConfig: { enabled: true },
      labels: { "rampa.dev/pool": "system" },
    });
  });
});

describe("EksCluster", () => {
  const record = (change: object = {}, override: EksClusterOverride = {}) =>
    recordResources(
      () =>
        new EksCluster(
          "eks",
          { ...settings, ...change, refs: clusterRefs, override },
          { providers: providers() },
        ),
      { stack: "prod", project: "rampa" },
    );
  const outputOf = async (change: object, read: (cluster: EksCluster) => EksCluster["kubeconfig"]) => {
    let value = "";
    await recordResources(
      async () => {
        const args = { ...settings, ...change, refs: clusterRefs };
        value = await resolved(read(new EksCluster("eks", args, { providers: providers() })));
      },
      { stack: "prod", project: "rampa" },
    );
    return value;
  };
  const componentsOf = (resources: readonly RecordedResource[]) =>
    resources
      .filter(({ custom }) => !custom)
      .map(({ type, name }) => `${type} ${name}`)
      .toSorted();
  const waits = (resources: readonly RecordedResource[], name: string) => waitsFor(named(resources, name));

  it("creates what its contract names, under itself", async () => {
    const resources = await record();
    expect(componentsOf(resources)).toEqual([
      "rampa:cluster:AwsRole eks-control-plane",
      "rampa:cluster:AwsRole eks-nodes",
      "rampa:cluster:AwsRole eks-vpc-cni-role",
      "rampa:cluster:EksCluster eks",
      "rampa:cluster:ManagedAddon eks-eks-pod-identity-agent",
      "rampa:cluster:ManagedAddon eks-kube-proxy",
      "rampa:cluster:ManagedAddon eks-vpc-cni",
    ]);
    const own = resources.filter(({ custom, parent }) => custom && parent.endsWith("::eks"));
    expect(own.map(({ name }) => name).toSorted()).toEqual([
      "eks-access-platform-e680b0ff",
      "eks-cluster",
      "eks-logs",
      "eks-policy-platform-e680b0ff",
      "eks-system-nodes",
      "eks-system-template",
    ]);
    expect(named(resources, "eks").props).toEqual({});
  });

  it("violates no policy of production, neither with defaults nor in Auto Mode", async () => {
    expect(verdicts(await record())).toEqual([]);
    expect(verdicts(await record({ mode: "auto" }))).toEqual([]);
  });

  it("writes the control plane's logs to a group of its own, there before the first line", async () => {
    const resources = await record();
    expect(named(resources, "eks-logs").props).toEqual({
      name: "/aws/eks/rampa-prod/cluster",
      retentionInDays: 365,
      kmsKeyId: keyArn("logs"),
      deletionProtectionEnabled: true,
    });
    expect(waits(resources, "eks-cluster")).toEqual(
      expect.arrayContaining([
        "eks-logs",
        "eks-control-plane-keys",
        "eks-control-plane-AmazonEKSClusterPolicy",
      ]),
    );
  });

  it("protects the cluster and its logs until that is turned off", async () => {
    const kept = await record();
    expect([named(kept, "eks-cluster").protect, named(kept, "eks-logs").protect]).toEqual([true, true]);
    const free = await record({ protect: false });
    expect([named(free, "eks-cluster").protect, named(free, "eks-logs").protect]).toEqual([false, false]);
    expect(named(free, "eks-cluster").props.deletionProtection).toBe(false);
    expect(named(free, "eks-logs").props.deletionProtectionEnabled).toBe(false);
  });

  it("starts nodes after what they need to join, and leaves their number to an autoscaler", async () => {
    const resources = await record();
    expect(waits(resources, "eks-system-nodes")).toEqual([
      "eks-cluster",
      "eks-eks-pod-identity-agent-addon",
      "eks-kube-proxy-addon",
      "eks-nodes-AmazonEC2ContainerRegistryPullOnly",
      "eks-nodes-AmazonEKSWorkerNodePolicy",
      "eks-nodes-role",
      "eks-system-template",
      "eks-vpc-cni-addon",
    ]);
    expect(named(resources, "eks-system-nodes").ignoreChanges).toEqual(["scalingConfig.desiredSize"]);
    expect(named(resources, "eks-system-nodes").props.launchTemplate).toEqual({
      id: "eks-system-template-id",
      version: "1",
    });
  });

  it("gives the network add-on a role that no other pod and no other cluster can take", async () => {
    const resources = await record();
    const role = named(resources, "eks-vpc-cni-role-role");
    expect(JSON.parse(String(role.props.assumeRolePolicy))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "AllowPodIdentity",
          Effect: "Allow",
          Principal: { Service: "pods.eks.amazonaws.com" },
          Action: ["sts:AssumeRole", "sts:TagSession"],
          Condition: {
            StringEquals: {
              "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:us-east-1:123456789012:cluster/eks-cluster",
              "aws:RequestTag/kubernetes-namespace": "kube-system",
              "aws:RequestTag/kubernetes-service-account": "aws-node",
            },
          },
        },
      ],
    });
    const addon = named(resources, "eks-vpc-cni-addon");
    expect(addon.props).toEqual({
      clusterName: "rampa-prod",
      addonName: "vpc-cni",
      addonVersion: "v1.0.0-eksbuild.1",
      resolveConflictsOnCreate: "OVERWRITE",
      resolveConflictsOnUpdate: "OVERWRITE",
      configurationValues: '{"enableNetworkPolicy":"true","env":{"NETWORK_POLICY_ENFORCING_MODE":"strict"}}',
      podIdentityAssociations: [
        {
          roleArn: "arn:aws:iam::123456789012:role/eks-vpc-cni-role-role",
          serviceAccount: "aws-node",
        },
      ],
    });
    expect(waitsFor(addon)).toContain("eks-vpc-cni-role-AmazonEKS_CNI_Policy");
    expect(named(resources, "eks-vpc-cni-role-AmazonEKS_CNI_Policy").props).toEqual({
      role: "eks-vpc-cni-role-role",
      policyArn: "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
    });
  });

  it("lets a role in before it gives it rights", async () => {
    const resources = await record({ access: { admins: [PLATFORM, AUDIT] } });
    expect(named(resources, "eks-access-audit-d8d5aca1").props).toEqual({
      clusterName: "rampa-prod",
      principalArn: AUDIT,
      type: "STANDARD",
    });
    expect(waits(resources, "eks-policy-audit-d8d5aca1")).toContain("eks-access-audit-d8d5aca1");
  });

  it("takes an add-on's version from the settings before EKS' default", async () => {
    const resources = await record({ addonVersions: { "kube-proxy": "v1.35.0-eksbuild.2" } });
    expect(named(resources, "eks-kube-proxy-addon").props.addonVersion).toBe("v1.35.0-eksbuild.2");
    expect(named(resources, "eks-vpc-cni-addon").props.addonVersion).toBe("v1.0.0-eksbuild.1");
  });

  it("lets the control plane use the key of Secrets, and in Auto Mode that of disks", async () => {
    const sids = async (change: object): Promise<unknown> => {
      const policy: { Statement: { Sid: string; Resource: string[] }[] } = JSON.parse(
        String(named(await record(change), "eks-control-plane-keys").props.policy),
      );
      return policy.Statement.map(({ Sid, Resource }) => [Sid, ...Resource]);
    };
    expect(await sids({})).toEqual([["EncryptSecrets", keyArn("secrets")]]);
    expect(await sids({ mode: "auto" })).toEqual([
      ["EncryptSecrets", keyArn("secrets")],
      ["GrantVolumes", keyArn("volumes")],
      ["EncryptVolumes", keyArn("volumes")],
    ]);
  });

  it("has in Auto Mode neither nodes nor add-ons of its own, and roles that EKS can tag", async () => {
    const resources = await record({ mode: "auto" });
    const types = resources.map(({ type }) => type);
    expect(types).not.toContain("aws:eks/nodeGroup:NodeGroup");
    expect(types).not.toContain("aws:eks/addon:Addon");
    const trust: { Statement: { Action: string[] }[] } = JSON.parse(
      String(named(resources, "eks-control-plane-role").props.assumeRolePolicy),
    );
    expect(trust.Statement[0]?.Action).toEqual(["sts:AssumeRole", "sts:TagSession"]);
    expect(
      resources.map(({ name }) => name).filter((name) => /^eks-(control-plane|nodes)-Amazon/.test(name)),
    ).toEqual([
      "eks-nodes-AmazonEKSWorkerNodeMinimalPolicy",
      "eks-nodes-AmazonEC2ContainerRegistryPullOnly",
      "eks-control-plane-AmazonEKSClusterPolicy",
      "eks-control-plane-AmazonEKSComputePolicy",
      "eks-control-plane-AmazonEKSBlockStoragePolicy",
      "eks-control-plane-AmazonEKSLoadBalancingPolicy",
      "eks-control-plane-AmazonEKSNetworkingPolicy",
    ]);
  });

  it("hands out a kubeconfig that gets its token from the caller's own credentials", async () => {
    const text = await outputOf({}, ({ kubeconfig }) => kubeconfig);
    const client = new KubeConfig();
    client.loadFromString(text);
    expect(client.getCurrentCluster()?.server).toBe("https://recorded.eks.amazonaws.com");
    const file: unknown = JSON.parse(text);
    expect(file).toEqual({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "rampa-prod",
      contexts: [{ name: "rampa-prod", context: { cluster: "rampa-prod", user: "rampa-prod" } }],
      clusters: [
        {
          name: "rampa-prod",
          cluster: {
            server: "https://recorded.eks.amazonaws.com",
            "certificate-authority-data": "cmVjb3JkZWQ=",
          },
        },
      ],
      users: [
        {
          name: "rampa-prod",
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1beta1",
              command: "aws",
              args: ["eks", "get-token", "--cluster-name", "rampa-prod", "--region", "eu-west-1"],
              interactiveMode: "Never",
            },
          },
        },
      ],
    });
  });

  it("hands it out once the administrators' access works, as it would be refused before", async () => {
    const resources = await recordResources(
      () => {
        const args = { ...settings, refs: clusterRefs };
        const { kubeconfig } = new EksCluster("eks", args, { providers: providers() });
        new KubernetesProvider("inside", { kubeconfig });
      },
      { stack: "prod", project: "rampa" },
    );
    expect(waits(resources, "inside")).toContain("eks-policy-platform-e680b0ff");
  });

  it("can be planned before anything of it exists", async () => {
    const now = await record();
    const before = await recordResources(
      () => new EksCluster("eks", { ...settings, refs: clusterRefs }, { providers: providers() }),
      { stack: "prod", project: "rampa", preview: true },
    );
    expect(before.map(({ urn }) => urn).toSorted()).toEqual(now.map(({ urn }) => urn).toSorted());
    expect(named(before, "eks-system-nodes").props.launchTemplate).toEqual({ id: UNKNOWN, version: UNKNOWN });
  });

  it("has outputs for whoever joins or calls it", async () => {
    expect(await outputOf({}, ({ clusterSecurityGroupId }) => clusterSecurityGroupId)).toBe("sg-recorded");
    expect(await outputOf({}, ({ nodeRoleName }) => nodeRoleName)).toBe("eks-nodes-role");
    expect(await outputOf({ mode: "auto" }, ({ systemNodes }) => systemNodes)).toBe("rampa-prod");
  });

  it("lets a caller change single children", async () => {
    const resources = await record(
      {},
      {
        cluster: { vpcConfig: { controlPlaneEgressMode: "CUSTOMER_ROUTED" } },
        logGroup: { logGroupClass: "INFREQUENT_ACCESS" },
        nodeTemplate: { monitoring: { enabled: true } },
        nodeGroup: { forceUpdateVersion: true },
        addons: { "kube-proxy": { preserve: true } },
      },
    );
    expect(named(resources, "eks-cluster").props.vpcConfig).toMatchObject({
      controlPlaneEgressMode: "CUSTOMER_ROUTED",
      endpointPublicAccess: false,
    });
    expect(named(resources, "eks-logs").props.logGroupClass).toBe("INFREQUENT_ACCESS");
    expect(named(resources, "eks-system-template").props.monitoring).toEqual({ enabled: true });
    expect(named(resources, "eks-system-nodes").props.forceUpdateVersion).toBe(true);
    expect(named(resources, "eks-kube-proxy-addon").props.preserve).toBe(true);
  });

  it("creates nothing when a setting is wrong", async () => {
    await expect(record({ access: { admins: [] }, region: "europe" })).rejects.toThrow(
      'rampa:cluster:EksCluster "eks": 2 problems',
    );
  });
});
