// The rules of the pack, one file each, in the order in which reports list them.

import type { Rule } from "./rule.ts";
import { fastFailover } from "./rules/availability/fast-failover.ts";
import { gracefulDrain } from "./rules/availability/graceful-drain.ts";
import { prodAvailability } from "./rules/availability/prod-availability.ts";
import { redundantForRto } from "./rules/availability/redundant-for-rto.ts";
import { chartVersionPinned } from "./rules/charts/chart-version-pinned.ts";
import { eksApiAuthOnly } from "./rules/cluster/eks-api-auth-only.ts";
import { eksAuditLogs } from "./rules/cluster/eks-audit-logs.ts";
import { eksVersionSupported } from "./rules/cluster/eks-version-supported.ts";
import { canaryHasGuardrail } from "./rules/delivery/canary-has-guardrail.ts";
import { canaryWeightsValid } from "./rules/delivery/canary-weights-valid.ts";
import { gpuBudgetCeiling } from "./rules/gpu/gpu-budget-ceiling.ts";
import { gpuInstanceAllowlist } from "./rules/gpu/gpu-instance-allowlist.ts";
import { gpuOnlyOnGpuPool } from "./rules/gpu/gpu-only-on-gpu-pool.ts";
import { gpuRequestsEqualLimits } from "./rules/gpu/gpu-requests-equal-limits.ts";
import { nodepoolDisruptionBudget } from "./rules/gpu/nodepool-disruption-budget.ts";
import { podIdentityLeastPrivilege } from "./rules/identity/pod-identity-least-privilege.ts";
import { ecrImmutableScanned } from "./rules/images/ecr-immutable-scanned.ts";
import { imageByDigest } from "./rules/images/image-by-digest.ts";
import { artefactPinned } from "./rules/models/artefact-pinned.ts";
import { modelCardAndApproval } from "./rules/models/model-card-and-approval.ts";
import { modelLicenceAllowed } from "./rules/models/model-licence-allowed.ts";
import { egressAllowList } from "./rules/network/egress-allow-list.ts";
import { namespaceDefaultDeny } from "./rules/network/namespace-default-deny.ts";
import { noPublicEndpoint } from "./rules/network/no-public-endpoint.ts";
import { nodesImdsv2 } from "./rules/nodes/nodes-imdsv2.ts";
import { explicitProviderAndTags } from "./rules/ownership/explicit-provider-and-tags.ts";
import { podRestricted } from "./rules/pods/pod-restricted.ts";
import { probeBudgets } from "./rules/pods/probe-budgets.ts";
import { recordRetention } from "./rules/records/record-retention.ts";
import { keyRotationAge } from "./rules/secrets/key-rotation-age.ts";
import { noPlaintextSecrets } from "./rules/secrets/no-plaintext-secrets.ts";
import { backupEnabled } from "./rules/storage/backup-enabled.ts";
import { modelBucketLocked } from "./rules/storage/model-bucket-locked.ts";
import { volumesEncrypted } from "./rules/storage/volumes-encrypted.ts";

export const packRules: readonly Rule[] = [
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
