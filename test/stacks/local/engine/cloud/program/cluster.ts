// The cluster of the cloud fixture with its nodes, add-ons and identities.
import { LaunchTemplate } from "@pulumi/aws/ec2/launchTemplate.js";
import { AccessEntry } from "@pulumi/aws/eks/accessEntry.js";
import { Addon } from "@pulumi/aws/eks/addon.js";
import { Cluster } from "@pulumi/aws/eks/cluster.js";
import { getAddonVersionOutput } from "@pulumi/aws/eks/getAddonVersion.js";
import { NodeGroup } from "@pulumi/aws/eks/nodeGroup.js";
import { PodIdentityAssociation } from "@pulumi/aws/eks/podIdentityAssociation.js";
import { type Config, type CustomResourceOptions, jsonStringify, type Output } from "@pulumi/pulumi";
import { createKey, createLogs, createRole, type Network } from "./ground.ts";

export type FixtureCluster = { readonly cluster: Cluster; readonly kubeconfig: Output<string> };

export function createCluster(
  network: Network,
  config: Config,
  options: CustomResourceOptions,
): FixtureCluster {
  const keyArn = createKey("secrets", options);
  createLogs("prod", options);
  const cluster = new Cluster(
    "cluster",
    {
      name: config.get("clusterName") ?? "prod",
      version: config.get("version") ?? "1.35",
      roleArn: createRole("cluster", "eks.amazonaws.com", options).arn,
      bootstrapSelfManagedAddons: false,
      accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
      vpcConfig: {
        subnetIds: [...network.privateSubnetIds],
        endpointPrivateAccess: true,
        endpointPublicAccess: false,
      },
      encryptionConfig: { provider: { keyArn }, resources: ["secrets"] },
      enabledClusterLogTypes: ["api", "audit", "authenticator"],
      upgradePolicy: { supportType: "STANDARD" },
    },
    { ...options, protect: true },
  );
  createNodes(cluster, network, config, options);
  for (const addonName of ["vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent"]) {
    const kubernetesVersion = cluster.version;
    const addonVersion = getAddonVersionOutput({ addonName, kubernetesVersion }, options).version;
    const configurationValues = JSON.stringify({ resources: {} });
    new Addon(
      addonName,
      { clusterName: cluster.name, addonName, addonVersion, configurationValues },
      options,
    );
  }
  const admin = createRole("admin", "ec2.amazonaws.com", options);
  new AccessEntry("admin", { clusterName: cluster.name, principalArn: admin.arn }, options);
  for (const serviceAccount of ["gateway", "model", "controller"]) {
    const role = createRole(serviceAccount, "pods.eks.amazonaws.com", options);
    const association = {
      clusterName: cluster.name,
      namespace: "serving",
      serviceAccount,
      roleArn: role.arn,
    };
    new PodIdentityAssociation(serviceAccount, association, options);
  }
  return { cluster, kubeconfig: kubeconfigOf(cluster) };
}

function createNodes(
  cluster: Cluster,
  network: Network,
  config: Config,
  options: CustomResourceOptions,
): void {
  const role = createRole("nodes", "ec2.amazonaws.com", options);
  for (const [pool, instanceType] of [
    ["system", "m7i.large"],
    ["gpu", config.get("gpuType") ?? "g6.xlarge"],
  ] as const) {
    const template = new LaunchTemplate(
      pool,
      {
        updateDefaultVersion: true,
        metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [
          {
            deviceName: "/dev/xvda",
            ebs: { encrypted: "true", volumeType: "gp3", volumeSize: config.getNumber("volumeGib") ?? 100 },
          },
        ],
      },
      options,
    );
    const diskSize = config.getNumber("diskGib");
    new NodeGroup(
      pool,
      {
        clusterName: cluster.name,
        nodeRoleArn: role.arn,
        subnetIds: [...network.privateSubnetIds],
        instanceTypes: [instanceType],
        amiType: pool === "gpu" ? "AL2023_x86_64_NVIDIA" : "AL2023_x86_64_STANDARD",
        capacityType: "ON_DEMAND",
        scalingConfig: { minSize: 1, desiredSize: 2, maxSize: config.getNumber("most") ?? 4 },
        launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
        ...(diskSize !== undefined && { diskSize }),
      },
      { ...options, ignoreChanges: ["scalingConfig.desiredSize"] },
    );
  }
}

/** As a program of the real thing makes it: unknown until the cluster exists. */
function kubeconfigOf(cluster: Cluster): Output<string> {
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "aws",
    args: ["eks", "get-token", "--cluster-name", cluster.name],
  };
  return jsonStringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "eks",
    contexts: [{ name: "eks", context: { cluster: "eks", user: "eks" } }],
    clusters: [
      {
        name: "eks",
        cluster: {
          server: cluster.endpoint,
          "certificate-authority-data": cluster.certificateAuthority.data,
        },
      },
    ],
    users: [{ name: "eks", user: { exec } }],
  });
}
