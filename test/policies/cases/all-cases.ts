// The cases of every rule.
import { cases as canaryWeightsValid } from "./canary-weights-valid.ts";
import { cases as explicitProviderAndTags } from "./explicit-provider-and-tags.ts";
import { cases as gpuRequestsEqualLimits } from "./gpu-requests-equal-limits.ts";
import { cases as imageByDigest } from "./image-by-digest.ts";
import { cases as namespaceDefaultDeny } from "./namespace-default-deny.ts";
import { cases as noPlaintextSecrets } from "./no-plaintext-secrets.ts";
import { cases as podRestricted } from "./pod-restricted.ts";
import { cases as prodAvailability } from "./prod-availability.ts";
import type { RuleCases } from "./rule-cases.ts";

export const allCases: readonly RuleCases[] = [
  canaryWeightsValid,
  explicitProviderAndTags,
  gpuRequestsEqualLimits,
  imageByDigest,
  namespaceDefaultDeny,
  noPlaintextSecrets,
  podRestricted,
  prodAvailability,
];
