// The rules of the pack, one file each, in the order in which reports list them.

import type { Rule } from "./rule.ts";
import { prodAvailability } from "./rules/availability/prod-availability.ts";
import { canaryWeightsValid } from "./rules/delivery/canary-weights-valid.ts";
import { gpuRequestsEqualLimits } from "./rules/gpu/gpu-requests-equal-limits.ts";
import { imageByDigest } from "./rules/images/image-by-digest.ts";
import { namespaceDefaultDeny } from "./rules/network/namespace-default-deny.ts";
import { explicitProviderAndTags } from "./rules/ownership/explicit-provider-and-tags.ts";
import { podRestricted } from "./rules/pods/pod-restricted.ts";
import { noPlaintextSecrets } from "./rules/secrets/no-plaintext-secrets.ts";

export const packRules: readonly Rule[] = [
  canaryWeightsValid,
  explicitProviderAndTags,
  gpuRequestsEqualLimits,
  imageByDigest,
  namespaceDefaultDeny,
  noPlaintextSecrets,
  podRestricted,
  prodAvailability,
];
