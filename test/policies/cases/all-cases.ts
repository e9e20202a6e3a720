// The cases of every rule.
import { cases as canaryHasGuardrail } from "./canary-has-guardrail.ts";
import { cases as canaryWeightsValid } from "./canary-weights-valid.ts";
import { cases as ecrImmutableScanned } from "./ecr-immutable-scanned.ts";
import { cases as eksApiAuthOnly } from "./eks-api-auth-only.ts";
import { cases as eksAuditLogs } from "./eks-audit-logs.ts";
import { cases as eksVersionSupported } from "./eks-version-supported.ts";
import { cases as explicitProviderAndTags } from "./explicit-provider-and-tags.ts";
import { cases as gpuBudgetCeiling } from "./gpu-budget-ceiling.ts";
import { cases as gpuInstanceAllowlist } from "./gpu-instance-allowlist.ts";
import { cases as gpuOnlyOnGpuPool } from "./gpu-only-on-gpu-pool.ts";
import { cases as gpuRequestsEqualLimits } from "./gpu-requests-equal-limits.ts";
import { cases as imageByDigest } from "./image-by-digest.ts";
import { cases as modelBucketLocked } from "./model-bucket-locked.ts";
import { cases as namespaceDefaultDeny } from "./namespace-default-deny.ts";
import { cases as noPlaintextSecrets } from "./no-plaintext-secrets.ts";
import { cases as noPublicEndpoint } from "./no-public-endpoint.ts";
import { cases as nodepoolDisruptionBudget } from "./nodepool-disruption-budget.ts";
import { cases as nodesImdsv2 } from "./nodes-imdsv2.ts";
import { cases as podIdentityLeastPrivilege } from "./pod-identity-least-privilege.ts";
import { cases as podRestricted } from "./pod-restricted.ts";
import { cases as prodAvailability } from "./prod-availability.ts";
import type { RuleCases } from "./rule-cases.ts";
import { cases as volumesEncrypted } from "./volumes-encrypted.ts";

export const allCases: readonly RuleCases[] = [
  canaryHasGuardrail,
  canaryWeightsValid,
  ecrImmutableScanned,
  eksApiAuthOnly,
  eksAuditLogs,
  eksVersionSupported,
  explicitProviderAndTags,
  gpuBudgetCeiling,
  gpuInstanceAllowlist,
  gpuOnlyOnGpuPool,
  gpuRequestsEqualLimits,
  imageByDigest,
  modelBucketLocked,
  namespaceDefaultDeny,
  noPlaintextSecrets,
  noPublicEndpoint,
  nodepoolDisruptionBudget,
  nodesImdsv2,
  podIdentityLeastPrivilege,
  podRestricted,
  prodAvailability,
  volumesEncrypted,
];
