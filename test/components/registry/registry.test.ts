// ImageRegistry: tags that stay, images that are scanned and kept, and a pull for those accounts that are named.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { describe, expect, it } from "vitest";
import { type ImageRegistryArgs, imageRegistrySettings } from "../../../components/registry/registry.args.ts";
import { planImageRegistry } from "../../../components/registry/registry.plan.ts";
import { ImageRegistry } from "../../../components/registry/registry.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const settings = { ownership, prefix: "rampa-dev" };

const plan = (more: Partial<ImageRegistryArgs> = {}) =>
  planImageRegistry(imageRegistrySettings.parse({ ...settings, ...more }));

async function record(more: Partial<ImageRegistryArgs> = {}) {
  const resources = await recordResources(
    () => {
      const provider = new AwsProvider("aws", { region: "eu-central-1" });
      new ImageRegistry("registry", { ...settings, refs: { keyArn: "arn:key" }, ...more }, { provider });
    },
    { stack: "test", project: "rampa" },
  );
  const named = (suffix: string) => resources.find(({ name }) => name === `registry-${suffix}`);
  return { resources, component: resources[1], named };
}

describe("planImageRegistry", () => {
  it("keeps the newest images, and those without a tag as long as any other", () => {
    expect(plan()).toEqual({
      repository: "rampa-dev/serving",
      rules: [
        {
          rulePriority: 2,
          description: "the newest 500 images stay",
          selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 500 },
          action: { type: "expire" },
        },
      ],
      pullAccounts: [],
      protect: true,
    });
  });

  it("deletes images without a tag after some days where that is wished, by a rule before the other", () => {
    expect(plan({ expireUntaggedDays: 14, keepImages: 50 }).rules).toEqual([
      {
        rulePriority: 1,
        description: "images without a tag go after 14 days",
        selection: {
          tagStatus: "untagged",
          countType: "sinceImagePushed",
          countUnit: "days",
          countNumber: 14,
        },
        action: { type: "expire" },
      },
      expect.objectContaining({ rulePriority: 2, description: "the newest 50 images stay" }),
    ]);
  });
});

describe("ImageRegistry", () => {
  it("creates a repository whose tags stay, scanned, encrypted and protected", async () => {
    const { resources, component, named } = await record();
    expect(component).toMatchObject({ type: "rampa:registry:ImageRegistry", props: {} });
    expect(resources).toHaveLength(4);
    expect(named("repository")).toMatchObject({
      type: "aws:ecr/repository:Repository",
      parent: component?.urn,
      protect: true,
      retainOnDelete: true,
    });
    expect(named("repository")?.props).toEqual({
      name: "rampa-dev/serving",
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: "arn:key" }],
      forceDelete: false,
    });
  });

  it("gives the rules to ECR as JSON", async () => {
    const { component, named } = await record();
    expect(named("lifecycle")).toMatchObject({
      parent: component?.urn,
      protect: false,
      props: { repository: "rampa-dev/serving" },
    });
    expect(JSON.parse(String(named("lifecycle")?.props.policy))).toEqual({ rules: plan().rules });
  });

  it("lets the accounts that are named pull, and only pull", async () => {
    const { named } = await record({ pullAccounts: ["111111111111", "222222222222"] });
    expect(named("pull-policy")?.props.repository).toBe("rampa-dev/serving");
    expect(JSON.parse(String(named("pull-policy")?.props.policy))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "AllowPull",
          Effect: "Allow",
          Principal: { AWS: ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"] },
          Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        },
      ],
    });
  });

  it("has no policy where nobody else pulls, and no protection where none is wished", async () => {
    const { named } = await record({ protect: false });
    expect(named("pull-policy")).toBeUndefined();
    expect(named("repository")).toMatchObject({ protect: false, retainOnDelete: false });
  });

  it("lets a caller change single children", async () => {
    const { named } = await record({
      pullAccounts: ["111111111111"],
      override: {
        repository: { name: "other" },
        lifecycle: { policy: "{}" },
        pullPolicy: (it) => ({ ...it, repository: "third" }),
      },
    });
    expect(named("repository")?.props).toMatchObject({ name: "other", imageTagMutability: "IMMUTABLE" });
    expect(named("lifecycle")?.props.policy).toBe("{}");
    expect(named("pull-policy")?.props.repository).toBe("third");
  });

  it.each<[string, Partial<ImageRegistryArgs>, string]>([
    ["image", { image: "Serving" }, 'image: got "Serving", want lower-case letters'],
    ["keepImages", { keepImages: 5 }, "keepImages: got 5, want a whole number of images from 20 to 10000"],
    [
      "days",
      { expireUntaggedDays: 0 },
      "expireUntaggedDays: got 0, want a whole number of days from 1 to 3650",
    ],
    [
      "account",
      { pullAccounts: ["1"] },
      'pullAccounts.0: got "1", want an AWS account ID of 12 digits, quoted',
    ],
    ["list", { pullAccounts: ["111111111111", "111111111111"] }, "want each account once"],
  ])("refuses a wrong %s", async (_what, more, message) => {
    await expect(record(more)).rejects.toThrow(message);
  });

  it("reports every wrong setting at once", async () => {
    await expect(record({ image: "", keepImages: 1, expireUntaggedDays: -1 })).rejects.toThrow(
      'rampa:registry:ImageRegistry "registry": 3 problems',
    );
  });
});
