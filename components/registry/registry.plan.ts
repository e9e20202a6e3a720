// Settings of a registry → its name, its lifecycle rules and the accounts that may pull.
import type { ImageRegistrySettings } from "./registry.args.ts";

/** A rule as ECR writes it. Source: ECR user guide, "Lifecycle policy properties". */
type LifecycleRule = {
  readonly rulePriority: number;
  readonly description: string;
  readonly selection: {
    readonly tagStatus: "untagged" | "any";
    readonly countType: "sinceImagePushed" | "imageCountMoreThan";
    readonly countUnit?: "days";
    readonly countNumber: number;
  };
  readonly action: { readonly type: "expire" };
};

export type ImageRegistryPlan = {
  readonly repository: string;
  readonly rules: readonly LifecycleRule[];
  readonly pullAccounts: readonly string[];
  readonly protect: boolean;
};

const expire = { type: "expire" } as const;

/** Decides what a registry keeps and who reads it. */
export function planImageRegistry(settings: ImageRegistrySettings): ImageRegistryPlan {
  const { prefix, image, expireUntaggedDays, keepImages, pullAccounts, protect } = settings;
  return {
    repository: `${prefix}/${image}`,
    rules: [
      ...(expireUntaggedDays === undefined ? [] : [untaggedRule(expireUntaggedDays)]),
      newestRule(keepImages),
    ],
    pullAccounts,
    protect,
  };
}

function untaggedRule(days: number): LifecycleRule {
  return {
    rulePriority: 1,
    description: `images without a tag go after ${days} days`,
    selection: {
      tagStatus: "untagged",
      countType: "sinceImagePushed",
      countUnit: "days",
      countNumber: days,
    },
    action: expire,
  };
}

/** ECR wants the rule for `any` last. */
function newestRule(count: number): LifecycleRule {
  return {
    rulePriority: 2,
    description: `the newest ${count} images stay`,
    selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: count },
    action: expire,
  };
}
