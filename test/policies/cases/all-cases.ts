// The cases of every rule.
import { cases as artefactPinned } from "./artefact-pinned.ts";
import { cases as backupEnabled } from "./backup-enabled.ts";
import { cases as canaryHasGuardrail } from "./canary-has-guardrail.ts";
import { cases as canaryWeightsValid } from "./canary-weights-valid.ts";
import { cases as chartVersionPinned } from "./chart-version-pinned.ts";
import { cases as ecrImmutableScanned } from "./ecr-immutable-scanned.ts";
import { cases as egressAllowList } from "./egress-allow-list.ts";
import { cases as eksApiAuthOnly } from "./eks-api-auth-only.ts";
import { cases as eksAuditLogs } from "./eks-audit-logs.ts";
import { cases as eksVersionSupported } from "./eks-version-supported.ts";
import { cases as explicitProviderAndTags } from "./explicit-provider-and-tags.ts";
import { cases as fastFailover } from "./fast-failover.ts";
import { cases as gpuBudgetCeiling } from "./gpu-budget-ceiling.ts";
import { cases as gpuInstanceAllowlist } from "./gpu-instance-allowlist.ts";
import { cases as gpuOnlyOnGpuPool } from "./gpu-only-on-gpu-pool.ts";
import { cases as gpuRequestsEqualLimits } from "./gpu-requests-equal-limits.ts";
import { cases as gracefulDrain } from "./graceful-drain.ts";
import { cases as imageByDigest } from "./image-by-digest.ts";
import { cases as keyRotationAge } from "./key-rotation-age.ts";
import { cases as modelBucketLocked } from "./model-bucket-locked.ts";
import { cases as modelCardAndApproval } from "./model-card-and-approval.ts";
import { cases as modelLicenceAllowed } from "./model-licence-allowed.ts";
import { cases as namespaceDefaultDeny } from "./namespace-default-deny.ts";
import { cases as noPlaintextSecrets } from "./no-plaintext-secrets.ts";
import { cases as noPublicEndpoint } from "./no-public-endpoint.ts";
import { cases as nodepoolDisruptionBudget } from "./nodepool-disruption-budget.ts";
import { cases as nodesImdsv2 } from "./nodes-imdsv2.ts";
import { cases as podIdentityLeastPrivilege } from "./pod-identity-least-privilege.ts";
import { cases as podRestricted } from "./pod-restricted.ts";
import { cases as probeBudgets } from "./probe-budgets.ts";
import { cases as prodAvailability } from "./prod-availability.ts";
import { cases as recordRetention } from "./record-retention.ts";
import { cases as redundantForRto } from "./redundant-for-rto.ts";
import type { RuleCases } from "./rule-cases.ts";
import { cases as volumesEncrypted } from "./volumes-encrypted.ts";

export const allCases: readonly RuleCases[] = [
  artefactPinned,
  backupEnabled,
  canaryHasGuardrail,
  canaryWeightsValid,
  chartVersionPinned,
  ecrImmutableScanned,
  egressAllowList,
  eksApiAuthOnly,
  eksAuditLogs,
  eksVersionSupported,
  explicitProviderAndTags,
  fastFailover,
  gpuBudgetCeiling,
  gpuInstanceAllowlist,
  gpuOnlyOnGpuPool,
  gpuRequestsEqualLimits,
  gracefulDrain,
  imageByDigest,
  keyRotationAge,
  modelBucketLocked,
  modelCardAndApproval,
  modelLicenceAllowed,
  namespaceDefaultDeny,
  noPlaintextSecrets,
  noPublicEndpoint,
  nodepoolDisruptionBudget,
  nodesImdsv2,
  podIdentityLeastPrivilege,
  podRestricted,
  probeBudgets,
  prodAvailability,
  recordRetention,
  redundantForRto,
  volumesEncrypted,
];
