// Annotations that say about an object what its fields cannot: components write them, policies and people read them.

export const ANNOTATIONS = {
  /** On pods: whole seconds that loading and warming up the model may take. */
  loadSeconds: "rampa.dev/load-seconds",
  /** On pods: whole seconds that the answers under way may take when the pod stops. */
  drainSeconds: "rampa.dev/drain-seconds",
  /** On a model version's pods: SPDX identifier of the weights' licence, or the name that its publisher gives it. */
  modelLicence: "rampa.dev/model-licence",
  /** On a model version's pods: address of the model card. */
  modelCard: "rampa.dev/model-card",
  /** On a model version's pods: who approved the version for this environment. */
  approvedBy: "rampa.dev/approved-by",
  /** On a model version's pods: day of the approval, as YYYY-MM-DD. */
  approvedOn: "rampa.dev/approved-on",
  /** On the Service of a version that a provider serves: name of the provider in the stack's settings. */
  provider: "rampa.dev/provider",
  /** On the same: the provider's own name for the model. */
  providerModel: "rampa.dev/provider-model",
  /** On a NetworkPolicy: why its pods may call every address. */
  egressReason: "rampa.dev/egress-reason",
  /** On a Secret: day on which its value was last made anew, as YYYY-MM-DD. */
  rotatedOn: "rampa.dev/rotated-on",
  /** On a Namespace: `high` where what runs in it is a high-risk system, whose records are kept for six months. */
  riskProfile: "rampa.dev/risk-profile",
} as const;
