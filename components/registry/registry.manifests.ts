// Plan of a registry → arguments of the repository, its lifecycle and its policy.
import type { LifecyclePolicyArgs } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import type { RepositoryArgs } from "@pulumi/aws/ecr/repository.js";
import type { RepositoryPolicyArgs } from "@pulumi/aws/ecr/repositoryPolicy.js";
import type { Input } from "@pulumi/pulumi";
import { iamPolicy } from "../kit/iam-policy.ts";
import type { ImageRegistryPlan } from "./registry.plan.ts";

/** All that a pull does. Pushing stays with the account's own roles. */
const PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/** A tag keeps its image, every image is scanned, and the repository is not deleted with its images. */
export function repositoryArgs(plan: ImageRegistryPlan, keyArn: Input<string>): RepositoryArgs {
  return {
    name: plan.repository,
    imageTagMutability: "IMMUTABLE",
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: keyArn }],
    forceDelete: false,
  };
}

/** The rules as ECR's JSON. */
export function lifecycleArgs(plan: ImageRegistryPlan, repository: Input<string>): LifecyclePolicyArgs {
  return { repository, policy: JSON.stringify({ rules: plan.rules }) };
}

/** Lets each account's own policies give its roles the right to pull. */
export function pullPolicyArgs(plan: ImageRegistryPlan, repository: Input<string>): RepositoryPolicyArgs {
  const accounts = plan.pullAccounts.map((account) => `arn:aws:iam::${account}:root`);
  return {
    repository,
    policy: iamPolicy([{ sid: "AllowPull", principals: { AWS: accounts }, actions: PULL }]),
  };
}
