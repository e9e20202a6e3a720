// Judges recorded resources by rules inside this process: what a pack would say, in milliseconds, for a rule's own tests.
import type { Policies, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { FIX_MARK, type PolicyOptions, toPolicies } from "../kit.ts";
import type { Rule } from "../rule.ts";
import { type JudgedResource, type PackConfig, toProviderRef, type Verdict } from "./analyser-messages.ts";

export type JudgeRulesOptions = PolicyOptions & { readonly config?: PackConfig };

type Policy = Policies[number];

/** Every finding in the order in which the engine would get it: each resource by itself, then all of them together. */
export function judgeRules(
  rules: readonly Rule[],
  resources: readonly JudgedResource[],
  { config = {}, ...options }: JudgeRulesOptions = {},
): readonly Verdict[] {
  const policies = toPolicies(rules, options).filter(
    ({ name }) => config[name]?.enforcementLevel !== "disabled",
  );
  const subjects = resources.map((resource) => toSubject(resource, resources));
  return [
    ...subjects.flatMap((subject) =>
      policies.flatMap((policy) => judgeOne(policy, subject, policyConfig(config, policy))),
    ),
    ...policies.flatMap((policy) => judgeAll(policy, subjects, policyConfig(config, policy))),
  ];
}

/** The properties of a resource after the rule's correction, or undefined where it has none to make. */
export function remediateByRule(
  rule: Rule,
  resource: JudgedResource,
  { config = {}, ...options }: JudgeRulesOptions = {},
): Record<string, unknown> | undefined {
  const [policy] = toPolicies([rule], options);
  const remediate: unknown = policy === undefined ? undefined : Reflect.get(policy, "remediateResource");
  if (policy === undefined || typeof remediate !== "function" || !rule.types.test(resource.type))
    return undefined;
  return remediate(toArgs(toSubject(resource, [resource]), policyConfig(config, policy)));
}

type PlainSubject = {
  readonly type: string;
  readonly urn: string;
  readonly name: string;
  readonly props: Record<string, unknown>;
  readonly provider?: { readonly urn: string; readonly props: Record<string, unknown> };
};

/** Through JSON, which is what goes over the wire: absent values are left out. */
function toSubject(resource: JudgedResource, all: readonly JudgedResource[]): PlainSubject {
  const { type, urn, name } = resource;
  const provider = toProviderRef(resource, all);
  const props: Record<string, unknown> = JSON.parse(JSON.stringify(resource.props));
  return {
    type,
    urn,
    name,
    props,
    ...(provider && { provider: { ...provider, props: { ...provider.props } } }),
  };
}

type Settings = { readonly level: Verdict["level"]; readonly settings: Record<string, unknown> };

/** As the server of the pack: the level set for a rule takes the place of its strictest one. */
function policyConfig(config: PackConfig, policy: Policy): Settings {
  const { enforcementLevel = policy.enforcementLevel, ...settings } = config[policy.name] ?? {};
  return { level: enforcementLevel === "advisory" ? "advisory" : "mandatory", settings };
}

class NotApplicable extends Error {}

function toArgs(subject: PlainSubject, { settings }: Settings) {
  return {
    ...subject,
    getConfig: () => settings,
    notApplicable: (reason?: string): never => {
      throw new NotApplicable(reason);
    },
  };
}

function judgeOne(policy: Policy, subject: PlainSubject, settings: Settings): readonly Verdict[] {
  const validate: unknown = Reflect.get(policy, "validateResource" satisfies keyof ResourceValidationPolicy);
  if (typeof validate !== "function") return [];
  try {
    return collect(policy, settings, subject.urn, (report) => validate(toArgs(subject, settings), report));
  } catch (error) {
    if (error instanceof NotApplicable) return [];
    throw error;
  }
}

function judgeAll(policy: Policy, subjects: readonly PlainSubject[], settings: Settings): readonly Verdict[] {
  const validate: unknown = Reflect.get(policy, "validateStack" satisfies keyof StackValidationPolicy);
  if (typeof validate !== "function") return [];
  const args = { resources: subjects, getConfig: () => settings.settings };
  return collect(policy, settings, "", (report) => validate(args, report));
}

type Reported =
  | string
  | { readonly urn: string; readonly message: string; readonly enforcementLevel: Verdict["level"] };

function collect(
  policy: Policy,
  { level }: Settings,
  urn: string,
  run: (report: (reported: Reported, about?: string) => void) => void,
): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  run((reported, about = urn) => {
    const given =
      typeof reported === "string" ? { urn: about, message: reported, enforcementLevel: level } : reported;
    const [message = "", fix = ""] = given.message.replace(`${policy.description}\n`, "").split(FIX_MARK);
    verdicts.push({
      rule: policy.name,
      level: given.enforcementLevel,
      severity: policy.severity ?? "unspecified",
      urn: given.urn,
      message,
      fix,
    });
  });
  return verdicts;
}
