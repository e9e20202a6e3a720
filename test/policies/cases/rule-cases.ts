// Shape of a rule's cases, and the resources that they are made of.
import type { JudgedResource, PackConfig } from "../../../policies/harness/analyser-messages.ts";

export const PROVIDER = "urn:pulumi:prod::rampa::pulumi:providers:kubernetes::cluster";

/** `[level, message]` of every verdict of the rule, in order. */
export type Expected = readonly (readonly ["mandatory" | "advisory", string])[];

export type RuleCase = {
  readonly title: string;
  readonly resources: readonly JudgedResource[];
  readonly config?: PackConfig;
};

export type FailingCase = RuleCase & {
  readonly expected: Expected;
  /** Other rules that the same fault breaks by nature: a pool without limits has neither a price nor an end. */
  readonly also?: readonly string[];
};

export type RuleCases = {
  readonly rule: string;
  readonly pass: readonly RuleCase[];
  /** The first one fails because of its first resource alone; it serves as the exempted resource too. */
  readonly fail: readonly FailingCase[];
  readonly unknown: readonly FailingCase[];
};

export function resource(type: string, props: object, more: Partial<JudgedResource> = {}): JudgedResource {
  const name = more.name ?? "model";
  return {
    type,
    name,
    urn: `urn:pulumi:prod::rampa::${type}::${name}`,
    custom: true,
    props: { ...props },
    parent: "",
    provider: `${PROVIDER}::id`,
    protect: false,
    ignoreChanges: [],
    ...more,
  };
}

export const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
export const SERVICE = "kubernetes:core/v1:Service";
export const NAMESPACE = "kubernetes:core/v1:Namespace";
export const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
export const NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
export const HTTP_ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute";
export const BUDGET = "kubernetes:policy/v1:PodDisruptionBudget";
export const DAEMON_SET = "kubernetes:apps/v1:DaemonSet";
export const CLAIM_TEMPLATE = "kubernetes:resource.k8s.io/v1:ResourceClaimTemplate";
export const NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool";
export const NODE_GROUP = "aws:eks/nodeGroup:NodeGroup";
export const LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";

/** What the engine sends for a text that only the deployment will know. */
export const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const LATER = "not known before the deployment; judged again during it";
export const TOO_LATE = "not known before the deployment, but this has to be seen in the preview";
