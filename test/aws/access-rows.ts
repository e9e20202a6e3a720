// Roles, secrets, logs, queues and events: how AWS makes and describes them.
import type { Row } from "./api-row.ts";

export const ACCESS: Readonly<Record<string, Row>> = {
  "aws:iam/role:Role": {
    service: "iam",
    named: "name",
    steps: [
      {
        call: "create_role",
        as: { name: "RoleName", assumeRolePolicy: "AssumeRolePolicyDocument" },
        with: { Tags: "$tags" },
      },
    ],
    id: "$name",
    arn: "Role.Arn",
    reads: [{ call: "get_role", by: { RoleName: "$name" }, at: "Role" }],
  },
  "aws:iam/rolePolicy:RolePolicy": {
    service: "iam",
    named: "name",
    steps: [
      { call: "put_role_policy", as: { role: "RoleName", name: "PolicyName", policy: "PolicyDocument" } },
    ],
    reads: [{ call: "get_role_policy", by: { RoleName: "$role", PolicyName: "$name" } }],
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    service: "iam",
    steps: [{ call: "attach_role_policy", as: { role: "RoleName" } }],
    reads: [{ call: "list_attached_role_policies", by: { RoleName: "$role" }, at: "AttachedPolicies" }],
  },
  "aws:iam/instanceProfile:InstanceProfile": {
    service: "iam",
    named: "name",
    steps: [
      {
        call: "create_instance_profile",
        takes: ["name"],
        as: { name: "InstanceProfileName" },
        with: { Tags: "$tags" },
      },
      {
        call: "add_role_to_instance_profile",
        takes: ["role"],
        as: { role: "RoleName" },
        with: { InstanceProfileName: "$name" },
      },
    ],
    reads: [{ call: "get_instance_profile", by: { InstanceProfileName: "$name" }, at: "InstanceProfile" }],
    arn: "InstanceProfile.Arn",
    shows: { role: "Roles.RoleName" },
  },
  "aws:secretsmanager/secret:Secret": {
    service: "secretsmanager",
    named: "name",
    steps: [{ call: "create_secret", with: { Tags: "$tags" } }],
    id: "ARN",
    arn: "ARN",
    reads: [{ call: "describe_secret", by: { SecretId: "$id" } }],
    ours: ["recoveryWindowInDays"],
  },
  "aws:secretsmanager/secretVersion:SecretVersion": {
    service: "secretsmanager",
    steps: [{ call: "put_secret_value", as: { secretStringWo: "SecretString" } }],
    reads: [{ call: "get_secret_value", by: { SecretId: "$secretId" } }],
    ours: ["secretStringWoVersion"],
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    service: "logs",
    named: "name",
    steps: [
      { call: "create_log_group", as: { name: "logGroupName" }, with: { tags: "$tags" } },
      { call: "put_retention_policy", takes: ["retentionInDays"], with: { logGroupName: "$name" } },
    ],
    id: "$name",
    arn: "logGroupArn",
    reads: [
      { call: "describe_log_groups", by: { logGroupNamePrefix: "$name" }, at: "logGroups.0" },
      { call: "list_tags_log_group", by: { logGroupName: "$name" } },
    ],
    hidden: ["deletionProtectionEnabled"],
  },
  "aws:sqs/queue:Queue": {
    service: "sqs",
    named: "name",
    steps: [
      {
        call: "create_queue",
        as: {
          name: "QueueName",
          messageRetentionSeconds: "Attributes.MessageRetentionPeriod",
          sqsManagedSseEnabled: "Attributes.SqsManagedSseEnabled",
        },
        with: { tags: "$tags" },
      },
    ],
    id: "QueueUrl",
    arn: "Attributes.QueueArn",
    reads: [
      { call: "get_queue_attributes", by: { QueueUrl: "$id", AttributeNames: ["All"] } },
      { call: "list_queue_tags", by: { QueueUrl: "$id" } },
      { call: "get_queue_url", by: { QueueName: "$name" } },
    ],
  },
  "aws:sqs/queuePolicy:QueuePolicy": {
    service: "sqs",
    steps: [{ call: "set_queue_attributes", as: { policy: "Attributes.Policy" } }],
    reads: [{ call: "get_queue_attributes", by: { QueueUrl: "$queueUrl", AttributeNames: ["Policy"] } }],
  },
  "aws:cloudwatch/eventRule:EventRule": {
    service: "events",
    named: "name",
    steps: [{ call: "put_rule", with: { Tags: "$tags" } }],
    id: "$name",
    arn: "RuleArn",
    reads: [
      { call: "describe_rule", by: { Name: "$name" } },
      { call: "list_tags_for_resource", by: { ResourceARN: "$arn" } },
    ],
  },
  "aws:cloudwatch/eventTarget:EventTarget": {
    service: "events",
    steps: [
      {
        call: "put_targets",
        takes: ["rule"],
        means: ["arn"],
        with: { Targets: [{ Id: "queue", Arn: "$arn" }] },
      },
    ],
    reads: [{ call: "list_targets_by_rule", by: { Rule: "$rule" }, at: "Targets" }],
  },
};
