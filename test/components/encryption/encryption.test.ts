// EncryptionKey: renewed by itself, hard to lose, and open only to those that its purpose needs.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { describe, expect, it } from "vitest";
import {
  type EncryptionKeyArgs,
  encryptionKeySettings,
} from "../../../components/encryption/encryption.args.ts";
import { planEncryptionKey } from "../../../components/encryption/encryption.plan.ts";
import { EncryptionKey } from "../../../components/encryption/encryption.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const PURPOSES = ["secrets", "volumes", "logs", "models", "records", "images", "data"] as const;

const args = {
  ownership,
  prefix: "rampa-dev",
  account: "123456789012",
  region: "eu-central-1",
  purpose: "logs",
} satisfies EncryptionKeyArgs;

const plan = (more: Partial<EncryptionKeyArgs> = {}) =>
  planEncryptionKey(encryptionKeySettings.parse({ ...args, ...more }));

async function record(more: Partial<EncryptionKeyArgs> = {}) {
  const resources = await recordResources(
    () => {
      const provider = new AwsProvider("aws", { region: "eu-central-1" });
      new EncryptionKey("logs-key", { ...args, ...more }, { provider });
    },
    { stack: "test", project: "rampa" },
  );
  const [, component, key, alias] = resources;
  return { resources, component, key, alias };
}

describe("planEncryptionKey", () => {
  it.each(PURPOSES)("names the key of %s by prefix and purpose", (purpose) => {
    expect(plan({ purpose }).alias).toBe(`alias/rampa-dev-${purpose}`);
    expect(plan({ purpose }).description).toMatch(/^rampa-dev: [a-zA-Z, ]+$/);
  });

  it.each(PURPOSES)("names every action on the key of %s, and nobody is everybody", (purpose) => {
    for (const { actions, principals } of plan({ purpose }).policy) {
      for (const action of actions) expect(action).toMatch(/^kms:[A-Za-z]+$/);
      expect(JSON.stringify(principals)).not.toContain("*");
    }
  });

  it.each(PURPOSES)("leaves the key of %s manageable: without PutKeyPolicy AWS refuses it", (purpose) => {
    const manage = plan({ purpose }).policy.find(({ sid }) => sid === "AllowIamToManage");
    expect(manage?.principals).toEqual({ AWS: "arn:aws:iam::123456789012:root" });
    expect(manage?.actions).toContain("kms:PutKeyPolicy");
    expect(manage?.conditions).toBeUndefined();
  });

  it.each(["secrets", "models", "records", "images", "data"] as const)(
    "lets no service use the key of %s",
    (purpose) => {
      expect(plan({ purpose }).policy.map(({ sid }) => sid)).toEqual(["AllowIamToManage", "AllowIamToUse"]);
    },
  );

  it("lets CloudWatch Logs use the key of logs for log groups of this account and region only", () => {
    expect(plan().policy.slice(2)).toEqual([
      {
        sid: "AllowLogGroupsOfAccount",
        principals: { Service: "logs.eu-central-1.amazonaws.com" },
        actions: [
          "kms:Encrypt",
          "kms:Decrypt",
          "kms:ReEncryptFrom",
          "kms:ReEncryptTo",
          "kms:GenerateDataKey",
          "kms:GenerateDataKeyWithoutPlaintext",
          "kms:DescribeKey",
        ],
        resources: ["*"],
        conditions: {
          ArnLike: {
            "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-central-1:123456789012:log-group:*",
          },
        },
      },
    ]);
  });

  it("lets Auto Scaling use the key of volumes, and grant it to AWS resources only", () => {
    const role =
      "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
    expect(plan({ purpose: "volumes" }).policy.slice(2)).toEqual([
      expect.objectContaining({
        principals: { AWS: role },
        actions: expect.not.arrayContaining(["kms:CreateGrant"]),
      }),
      {
        sid: "AllowAutoScalingToAttach",
        principals: { AWS: role },
        actions: ["kms:CreateGrant"],
        resources: ["*"],
        conditions: { Bool: { "kms:GrantIsForAWSResource": "true" } },
      },
    ]);
  });
});

describe("EncryptionKey", () => {
  it("creates a key that renews itself and is hard to lose, and its alias", async () => {
    const { resources, component, key, alias } = await record();
    expect(resources).toHaveLength(4);
    expect(component).toMatchObject({ type: "rampa:encryption:EncryptionKey", props: {} });
    expect(key).toMatchObject({
      type: "aws:kms/key:Key",
      name: "logs-key-key",
      parent: component?.urn,
      protect: true,
      retainOnDelete: true,
      props: {
        description: "rampa-dev: log groups",
        enableKeyRotation: true,
        rotationPeriodInDays: 365,
        deletionWindowInDays: 30,
      },
    });
    expect(alias).toMatchObject({
      type: "aws:kms/alias:Alias",
      name: "logs-key-alias",
      parent: component?.urn,
      protect: false,
      props: { name: "alias/rampa-dev-logs" },
    });
    expect(alias?.propertyDependencies.targetKeyId).toEqual([key?.urn]);
  });

  it("writes its policy as JSON, statements in order", async () => {
    const { key } = await record();
    const policy: unknown = JSON.parse(String(key?.props.policy));
    expect(policy).toMatchObject({
      Version: "2012-10-17",
      Statement: [
        { Sid: "AllowIamToManage", Effect: "Allow", Resource: ["*"] },
        { Sid: "AllowIamToUse", Effect: "Allow", Resource: ["*"] },
        { Sid: "AllowLogGroupsOfAccount", Principal: { Service: "logs.eu-central-1.amazonaws.com" } },
      ],
    });
  });

  it("can be deleted with the stack where it need not be protected", async () => {
    const { key } = await record({ protect: false, deletionWindowInDays: 7 });
    expect(key).toMatchObject({
      protect: false,
      retainOnDelete: false,
      props: { deletionWindowInDays: 7 },
    });
  });

  it("lets a caller change one child", async () => {
    const { key, alias } = await record({
      override: { key: { multiRegion: true }, alias: (it) => ({ ...it, name: "alias/other" }) },
    });
    expect(key?.props).toMatchObject({ multiRegion: true, enableKeyRotation: true });
    expect(alias?.props.name).toBe("alias/other");
  });

  it.each([
    ["prefix", { prefix: "Rampa" }, /prefix: got "Rampa", want lower-case letters, digits and dashes/],
    ["account", { account: "1234" }, 'account: got "1234", want an AWS account ID of 12 digits, quoted'],
    ["region", { region: "mars-1" }, 'region: got "mars-1", want a region of components/contract/regions.ts'],
    ["rotation", { rotationPeriodInDays: 30 }, "got 30, want a whole number of days from 90 to 2560"],
    ["window", { deletionWindowInDays: 31 }, "got 31, want a whole number of days from 7 to 30"],
  ])("refuses a wrong %s and creates nothing", async (_field, more, message) => {
    await expect(record(more)).rejects.toThrow(message);
  });

  it("reports every wrong setting at once", async () => {
    await expect(record({ account: "1", region: "x", rotationPeriodInDays: 1 })).rejects.toThrow(
      'rampa:encryption:EncryptionKey "logs-key": 3 problems',
    );
  });
});
