// Rule ecr-immutable-scanned: a tag keeps its image, and every image is looked at for known flaws.
import { mustBe } from "../../must-be.ts";
import type { Rule } from "../../rule.ts";

export const ecrImmutableScanned: Rule = {
  name: "ecr-immutable-scanned",
  title: "ECR repositories never move a tag, scan each image pushed and are not deleted with their images.",
  severity: "medium",
  framework: {
    name: "AWS Foundational Security Best Practices",
    version: "1.0.0",
    reference: "ECR.1, ECR.2",
    specification: "Private repositories should scan images and have tag immutability configured.",
  },
  tags: ["aws", "images", "supply-chain"],
  why: "A tag that moves makes a rollback return to something else than what ran, and an image that nobody scans keeps its flaws unseen.",
  fix: 'Set `imageTagMutability: "IMMUTABLE"`, `imageScanningConfiguration.scanOnPush: true` and leave `forceDelete` out.',
  url: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: /^aws:ecr\/repository:Repository$/,
  check: ({ props }) => [
    ...mustBe(
      props.at("imageTagMutability"),
      (mutability) => mutability.text() === "IMMUTABLE",
      "tags can be moved to another image",
    ),
    ...mustBe(
      props.at("imageScanningConfiguration", "scanOnPush"),
      (scan) => scan.flag() === true,
      "images are not scanned when pushed",
    ),
    ...mustBe(
      props.at("forceDelete"),
      (force) => force.flag() !== true,
      "the repository is deleted together with its images",
    ),
  ],
};
