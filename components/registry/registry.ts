// ImageRegistry: an ECR repository whose tags stay, whose images are scanned, and which is not emptied by accident.
import { LifecyclePolicy } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import { Repository } from "@pulumi/aws/ecr/repository.js";
import { RepositoryPolicy } from "@pulumi/aws/ecr/repositoryPolicy.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type ImageRegistryArgs, imageRegistrySettings } from "./registry.args.ts";
import { lifecycleArgs, pullPolicyArgs, repositoryArgs } from "./registry.manifests.ts";
import { planImageRegistry } from "./registry.plan.ts";

const TOKEN = { area: "registry", kind: "ImageRegistry" };

/** A repository for one image. Throws ConfigError on a wrong setting. */
export class ImageRegistry extends BaseComponent {
  /** `<account>.dkr.ecr.<region>.amazonaws.com/<prefix>/<image>`. */
  readonly repositoryUrl: Output<string>;
  readonly repositoryArn: Output<string>;

  constructor(name: string, args: ImageRegistryArgs, opts: ComponentResourceOptions = {}) {
    const plan = planImageRegistry(parseSettings(imageRegistrySettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const override = args.override ?? {};
    const repository = new Repository(
      this.childName("repository"),
      applyOverride(repositoryArgs(plan, args.refs.keyArn), override.repository),
      this.childOptions({ protect: plan.protect, retainOnDelete: plan.protect }),
    );
    new LifecyclePolicy(
      this.childName("lifecycle"),
      applyOverride(lifecycleArgs(plan, repository.name), override.lifecycle),
      this.childOptions(),
    );
    if (plan.pullAccounts.length > 0) {
      new RepositoryPolicy(
        this.childName("pull-policy"),
        applyOverride(pullPolicyArgs(plan, repository.name), override.pullPolicy),
        this.childOptions(),
      );
    }
    this.repositoryUrl = repository.repositoryUrl;
    this.repositoryArn = repository.arn;
    this.registerOutputs({ repositoryUrl: this.repositoryUrl, repositoryArn: this.repositoryArn });
  }
}
