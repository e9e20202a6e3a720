// Cases of ecr-immutable-scanned.
import { LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const props = { imageTagMutability: "IMMUTABLE", imageScanningConfiguration: { scanOnPush: true } };
const repository = (more: object) => [resource("aws:ecr/repository:Repository", { ...props, ...more })];
const movable = ["mandatory", "imageTagMutability: tags can be moved to another image"] as const;
const unseen = [
  "mandatory",
  "imageScanningConfiguration.scanOnPush: images are not scanned when pushed",
] as const;

export const cases: RuleCases = {
  rule: "ecr-immutable-scanned",
  pass: [
    { title: "a locked repository", resources: repository({}) },
    { title: "one that says that it stays", resources: repository({ forceDelete: false }) },
  ],
  fail: [
    {
      title: "tags that move",
      resources: repository({ imageTagMutability: "MUTABLE" }),
      expected: [movable],
    },
    {
      title: "some tags that move",
      resources: repository({ imageTagMutability: "IMMUTABLE_WITH_EXCLUSION" }),
      expected: [movable],
    },
    {
      title: "what ECR does by default",
      resources: repository({ imageTagMutability: undefined, imageScanningConfiguration: undefined }),
      expected: [movable, unseen],
    },
    {
      title: "scanning turned off",
      resources: repository({ imageScanningConfiguration: { scanOnPush: false } }),
      expected: [unseen],
    },
    {
      title: "deletion with all images",
      resources: repository({ forceDelete: true }),
      expected: [["mandatory", "forceDelete: the repository is deleted together with its images"]],
    },
  ],
  unknown: [
    {
      title: "whether tags move",
      resources: repository({ imageTagMutability: UNKNOWN_TEXT }),
      expected: [["advisory", `imageTagMutability: ${LATER}`]],
    },
  ],
};
