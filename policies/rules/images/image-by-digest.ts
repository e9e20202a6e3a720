// Rule image-by-digest: containers run the bytes that were reviewed, from registries that were named.
import { containersOf, hiddenContainers, POD_TYPES, podOf } from "../../kubernetes/pods.ts";
import { type Finding, type Rule, type RuleContext, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const DIGEST = /@sha256:[0-9a-f]{64}$/;
/** A first segment with a dot or a port is a registry host; without one the runtime falls back to a public default. */
const HOST = /^([^/]*[.:][^/]*|localhost)\//;

export const imageByDigest: Rule = {
  name: "image-by-digest",
  title: "Every container image is named by digest and by its registry.",
  severity: "high",
  framework: {
    name: "SLSA",
    version: "1.0",
    reference: "Build L1",
    specification: "Consumers verify that what runs is the artefact that was built.",
  },
  tags: ["images", "supply-chain"],
  why: "A tag can be moved after the review, so two pods of one Deployment can run different code; a name without a registry is taken from whatever the node's default is.",
  fix: "Reference the image as REGISTRY/REPOSITORY@sha256:DIGEST, from a registry in `registries`.",
  url: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  settings: {
    registries: {
      type: "array",
      items: { type: "string" },
      description:
        "Prefixes that images may begin with, e.g. `registry.example.com/models/`; any named registry when left out.",
    },
  },
  types: POD_TYPES,
  check: (subject, context) => {
    const pod = podOf(subject);
    const images = containersOf(pod).map((container) => container.at("image"));
    return [...unknownAmong(hiddenContainers(pod)), ...images.flatMap((image) => checkImage(image, context))];
  },
};

function checkImage(image: Value, { config }: RuleContext): readonly Finding[] {
  if (image.path === "" || image.state === "unknown") return unknownAmong([image]);
  const reference = image.text();
  if (reference === undefined) return [violation(image, "no image")];
  const registries = config
    .at("registries")
    .items()
    .map((entry) => entry.text() ?? "");
  const isAllowed = registries.length === 0 || registries.some((prefix) => reference.startsWith(prefix));
  return [
    ...(DIGEST.test(reference) ? [] : [violation(image, "the image is not named by its sha256 digest")]),
    ...(HOST.test(reference) ? [] : [violation(image, "the image does not name its registry")]),
    ...(isAllowed ? [] : [violation(image, "the image is not from an allowed registry")]),
  ];
}
