// The cluster, databases, caches, certificates and names: how AWS makes and describes them.
import type { Row } from "./api-row.ts";
import { STAND_INS } from "./stand-ins.ts";

export const SERVICES: Readonly<Record<string, Row>> = {
  "aws:eks/cluster:Cluster": {
    service: "eks",
    steps: [
      {
        call: "create_cluster",
        as: { vpcConfig: "resourcesVpcConfig" },
        with: {
          tags: "$tags",
          logging: { clusterLogging: [{ types: "$enabledClusterLogTypes", enabled: true }] },
        },
      },
      // EKS makes one for its nodes; moto does not.
      {
        service: "ec2",
        call: "create_security_group",
        takes: [],
        with: { GroupName: "eks-cluster-sg", Description: "made by EKS" },
      },
    ],
    id: "$name",
    arn: "cluster.arn",
    stands: { [STAND_INS.clusterSecurityGroup]: "GroupId" },
    reads: [{ call: "describe_cluster", by: { name: "$name" }, at: "cluster" }],
    shows: { enabledClusterLogTypes: "logging.clusterLogging.0.types" },
    hidden: [
      "accessConfig",
      "bootstrapSelfManagedAddons",
      "deletionProtection",
      "upgradePolicy",
      "zonalShiftConfig",
    ],
  },
  "aws:eks/nodeGroup:NodeGroup": {
    service: "eks",
    named: "nodeGroupName",
    steps: [
      {
        call: "create_nodegroup",
        as: { nodeRoleArn: "nodeRole", subnetIds: "subnets" },
        with: { tags: "$tags" },
      },
    ],
    id: "$nodeGroupName",
    arn: "nodegroup.nodegroupArn",
    reads: [
      {
        call: "describe_nodegroup",
        by: { clusterName: "$clusterName", nodegroupName: "$nodeGroupName" },
        at: "nodegroup",
      },
    ],
    hidden: ["nodeRepairConfig", "updateConfig"],
  },
  "aws:rds/subnetGroup:SubnetGroup": {
    service: "rds",
    named: "name",
    steps: [
      {
        call: "create_db_subnet_group",
        as: { name: "DBSubnetGroupName", description: "DBSubnetGroupDescription" },
        with: { Tags: "$tags" },
      },
    ],
    id: "$name",
    arn: "DBSubnetGroup.DBSubnetGroupArn",
    reads: [
      { call: "describe_db_subnet_groups", by: { DBSubnetGroupName: "$name" }, at: "DBSubnetGroups.0" },
      { call: "list_tags_for_resource", by: { ResourceName: "$arn" } },
    ],
    shows: { subnetIds: "Subnets.SubnetIdentifier", tags: "TagList" },
  },
  "aws:rds/clusterParameterGroup:ClusterParameterGroup": {
    service: "rds",
    named: "name",
    steps: [
      {
        call: "create_db_cluster_parameter_group",
        as: { name: "DBClusterParameterGroupName", family: "DBParameterGroupFamily" },
        with: { Tags: "$tags" },
      },
      {
        call: "modify_db_cluster_parameter_group",
        takes: ["parameters"],
        as: { "parameters.name": "ParameterName", "parameters.value": "ParameterValue" },
        with: { DBClusterParameterGroupName: "$name" },
      },
    ],
    id: "$name",
    arn: "DBClusterParameterGroup.DBClusterParameterGroupArn",
    reads: [
      {
        call: "describe_db_cluster_parameter_groups",
        by: { DBClusterParameterGroupName: "$name" },
        at: "DBClusterParameterGroups.0",
      },
      { call: "describe_db_cluster_parameters", by: { DBClusterParameterGroupName: "$name" } },
      { call: "list_tags_for_resource", by: { ResourceName: "$arn" } },
    ],
    shows: { tags: "TagList" },
  },
  "aws:rds/cluster:Cluster": {
    service: "rds",
    steps: [
      {
        call: "create_db_cluster",
        as: {
          clusterIdentifier: "DBClusterIdentifier",
          enabledCloudwatchLogsExports: "EnableCloudwatchLogsExports",
          iamDatabaseAuthenticationEnabled: "EnableIAMDatabaseAuthentication",
        },
        with: { Tags: "$tags" },
      },
    ],
    id: "$clusterIdentifier",
    arn: "DBCluster.DBClusterArn",
    reads: [
      {
        call: "describe_db_clusters",
        by: { DBClusterIdentifier: "$clusterIdentifier" },
        at: "DBClusters.0",
      },
    ],
    ours: ["finalSnapshotIdentifier", "skipFinalSnapshot", "deleteAutomatedBackups"],
    shows: {
      tags: "TagList",
      dbClusterParameterGroupName: "DBClusterParameterGroup",
      dbSubnetGroupName: "DBSubnetGroup",
      manageMasterUserPassword: "MasterUserSecret.SecretStatus",
      masterUserSecretKmsKeyId: "MasterUserSecret.KmsKeyId",
      vpcSecurityGroupIds: "VpcSecurityGroups.VpcSecurityGroupId",
    },
    hidden: ["engineLifecycleSupport"],
  },
  "aws:rds/clusterInstance:ClusterInstance": {
    service: "rds",
    steps: [
      {
        call: "create_db_instance",
        as: {
          clusterIdentifier: "DBClusterIdentifier",
          identifier: "DBInstanceIdentifier",
          instanceClass: "DBInstanceClass",
          performanceInsightsEnabled: "EnablePerformanceInsights",
          performanceInsightsKmsKeyId: "PerformanceInsightsKMSKeyId",
        },
        with: { Tags: "$tags" },
      },
    ],
    id: "$identifier",
    arn: "DBInstance.DBInstanceArn",
    reads: [
      { call: "describe_db_instances", by: { DBInstanceIdentifier: "$identifier" }, at: "DBInstances.0" },
    ],
    shows: { tags: "TagList" },
    hidden: [
      "performanceInsightsEnabled",
      "performanceInsightsKmsKeyId",
      "performanceInsightsRetentionPeriod",
    ],
  },
  "aws:elasticache/subnetGroup:SubnetGroup": {
    service: "elasticache",
    named: "name",
    steps: [
      {
        call: "create_cache_subnet_group",
        as: { name: "CacheSubnetGroupName", description: "CacheSubnetGroupDescription" },
        with: { Tags: "$tags" },
      },
    ],
    id: "$name",
    arn: "CacheSubnetGroup.ARN",
    reads: [
      {
        call: "describe_cache_subnet_groups",
        by: { CacheSubnetGroupName: "$name" },
        at: "CacheSubnetGroups.0",
      },
      { call: "list_tags_for_resource", by: { ResourceName: "$arn" } },
    ],
    shows: { subnetIds: "Subnets.SubnetIdentifier", tags: "TagList" },
  },
  "aws:elasticache/user:User": {
    service: "elasticache",
    steps: [{ call: "create_user", with: { Tags: "$tags" } }],
    id: "$userId",
    arn: "ARN",
    reads: [{ call: "describe_users", by: { UserId: "$userId" }, at: "Users.0" }],
    shows: { authenticationMode: "Authentication" },
    hidden: ["tags"],
  },
  "aws:elasticache/replicationGroup:ReplicationGroup": {
    service: "elasticache",
    steps: [
      {
        call: "create_replication_group",
        as: {
          description: "ReplicationGroupDescription",
          maintenanceWindow: "PreferredMaintenanceWindow",
          multiAzEnabled: "MultiAZEnabled",
          nodeType: "CacheNodeType",
          preferredCacheClusterAzs: "PreferredCacheClusterAZs",
          subnetGroupName: "CacheSubnetGroupName",
        },
        with: { Tags: "$tags" },
      },
    ],
    id: "$replicationGroupId",
    arn: "ReplicationGroup.ARN",
    reads: [
      {
        call: "describe_replication_groups",
        by: { ReplicationGroupId: "$replicationGroupId" },
        at: "ReplicationGroups.0",
      },
      { call: "list_tags_for_resource", by: { ResourceName: "$arn" } },
    ],
    shows: {
      automaticFailoverEnabled: "AutomaticFailover",
      multiAzEnabled: "MultiAZ",
      port: "NodeGroups.PrimaryEndpoint.Port",
      tags: "TagList",
    },
    ours: ["finalSnapshotIdentifier"],
    hidden: [
      "engineVersion",
      "maintenanceWindow",
      "numCacheClusters",
      "preferredCacheClusterAzs",
      "securityGroupIds",
      "subnetGroupName",
    ],
  },
  "aws:acm/certificate:Certificate": {
    service: "acm",
    steps: [{ call: "request_certificate", with: { Tags: "$tags" } }],
    id: "CertificateArn",
    arn: "CertificateArn",
    reads: [
      { call: "describe_certificate", by: { CertificateArn: "$id" }, at: "Certificate" },
      { call: "list_tags_for_certificate", by: { CertificateArn: "$id" } },
    ],
    stands: {
      [STAND_INS.validationName]: "DomainValidationOptions.0.ResourceRecord.Name",
      [STAND_INS.validationValue]: "DomainValidationOptions.0.ResourceRecord.Value",
    },
    hidden: ["keyAlgorithm"],
    shows: { validationMethod: "DomainValidationOptions.0.ValidationMethod" },
  },
  "aws:route53/record:Record": {
    service: "route53",
    steps: [
      {
        call: "change_resource_record_sets",
        takes: [],
        as: { "aliases.name": "DNSName", "aliases.zoneId": "HostedZoneId" },
        with: {
          HostedZoneId: "$zoneId",
          ChangeBatch: {
            Changes: [
              {
                Action: "UPSERT",
                ResourceRecordSet: {
                  Name: "$name",
                  Type: "$type",
                  TTL: "$ttl",
                  ResourceRecords: "$records",
                  AliasTarget: "$aliases",
                },
              },
            ],
          },
        },
      },
    ],
    reads: [
      {
        call: "list_resource_record_sets",
        by: { HostedZoneId: "$zoneId" },
        at: "ResourceRecordSets",
      },
    ],
    shows: { records: "ResourceRecords.Value", aliases: "AliasTarget" },
    ours: ["allowOverwrite"],
  },
};
