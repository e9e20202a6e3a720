// Turns rules into policies of @pulumi/policy: levels by environment, explicit unknowns, exemptions, remediation.
import type {
  Policies,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema.js";
import { today } from "../components/contract/today.ts";
import { type Exemption, isExpired } from "./exemptions.ts";
import type { Finding, Level, Rule, RuleContext, Subject } from "./rule.ts";
import { Value } from "./value.ts";

export type PolicyOptions = {
  readonly exemptions?: readonly Exemption[];
  /** The day against which exemptions expire and rules judge; today when left out. */
  readonly now?: Date;
};

/** Start of the advisory message that stands in for an exempted finding. */
export const EXEMPT_MARK = "Exempt until ";
/** Separates a message from what to do about it. */
export const FIX_MARK = "\nFix: ";

const EXEMPTIONS_POLICY = "exemptions-current";

const COMMON_SETTINGS: Record<string, PolicyConfigJSONSchema> = {
  environment: {
    type: "string",
    description: "Environment whose levels and limits hold; the stack's name when left out.",
  },
  levels: {
    type: "object",
    additionalProperties: { type: "string", enum: ["disabled", "advisory", "mandatory"] },
    description: "Level by environment, `default` for the rest; the rule's own levels when left out.",
  },
};

/** The policies for a pack. Any set of rules can be passed: a team's pack needs no change to this one. */
export function toPolicies(rules: readonly Rule[], options: PolicyOptions = {}): Policies {
  const exemptions = options.exemptions ?? [];
  const now = options.now ?? new Date(today());
  const book = { exemptions, now, inputs: new Map<string, Value>() };
  return [...rules.map((rule) => toPolicy(rule, book)), exemptionsCurrent(book)];
}

type Book = {
  readonly exemptions: readonly Exemption[];
  readonly now: Date;
  /** By URN what each resource was asked for, as it was judged alone. */
  readonly inputs: Map<string, Value>;
};

function toPolicy(rule: Rule, book: Book): ResourceValidationPolicy | StackValidationPolicy {
  const facts = {
    name: rule.name,
    description: rule.title,
    enforcementLevel: strictest(rule),
    severity: rule.severity,
    framework: rule.framework,
    tags: [...rule.tags],
    remediationSteps: rule.fix,
    ...(rule.url === undefined ? {} : { url: rule.url }),
    configSchema: { properties: { ...COMMON_SETTINGS, ...rule.settings } },
  };
  const ofResource = {
    ...(rule.check === undefined ? {} : { validateResource: resourceValidation(rule, book) }),
    ...(rule.remediate === undefined ? {} : { remediateResource: resourceRemediation(rule, book) }),
  };
  // The server runs what it finds: one policy may judge resources and the stack.
  return rule.checkStack === undefined
    ? { ...facts, ...ofResource }
    : { ...facts, ...ofResource, validateStack: stackValidation(rule, book) };
}

function resourceValidation(rule: Rule, book: Book) {
  return (args: ResourceValidationArgs, report: ReportViolation): void => {
    if (!rule.types.test(args.type)) args.notApplicable("another resource type");
    const subject = toSubject(args);
    const context = contextOf(args.urn, args.getConfig(), book);
    const level = levelOf(rule, context);
    if (level === "disabled") return;
    const findings = rule.check?.(subject, context) ?? [];
    for (const finding of findings) emit({ rule, book, level, report }, { urn: args.urn, ...finding });
  };
}

function stackValidation(rule: Rule, book: Book) {
  return (args: StackValidationArgs, report: ReportViolation): void => {
    const [first] = args.resources;
    if (first === undefined) return;
    const context = contextOf(first.urn, args.getConfig(), book);
    const level = levelOf(rule, context);
    if (level === "disabled") return;
    const findings =
      rule.checkStack?.(
        args.resources.map((each) => toStackSubject(each, book)),
        context,
      ) ?? [];
    for (const finding of findings) emit({ rule, book, level, report }, { urn: first.urn, ...finding });
  };
}

function resourceRemediation(rule: Rule, book: Book) {
  return (args: ResourceValidationArgs): Record<string, unknown> | undefined => {
    if (!rule.types.test(args.type)) args.notApplicable("another resource type");
    return rule.remediate?.(toSubject(args), contextOf(args.urn, args.getConfig(), book));
  };
}

type Desk = {
  readonly rule: Rule;
  readonly book: Book;
  readonly level: Exclude<Level, "disabled">;
  readonly report: ReportViolation;
};

function emit(desk: Desk, finding: Finding & { readonly urn: string }): void {
  const { rule, book } = desk;
  const entry = book.exemptions.find((e) => e.rule === rule.name && e.urn === finding.urn);
  const message = messageOf(rule, finding);
  if (entry !== undefined && !isExpired(entry, book.now)) {
    send(desk, {
      urn: finding.urn,
      level: "advisory",
      message: `${EXEMPT_MARK}${entry.expires} (${entry.reason}): ${message}`,
    });
  } else if (finding.kind === "unknown" && rule.whenUnknown === "defer") {
    send(desk, { urn: finding.urn, level: "advisory", message });
  } else {
    send(desk, { urn: finding.urn, level: desk.level, message: `${message}${FIX_MARK}${rule.fix}` });
  }
}

function messageOf(rule: Rule, finding: Finding): string {
  const place = finding.path === "" ? "" : `${finding.path}: `;
  if (finding.kind === "violation") return `${place}${finding.message}`;
  return rule.whenUnknown === "defer"
    ? `${place}not known before the deployment; judged again during it`
    : `${place}not known before the deployment, but this has to be seen in the preview`;
}

type Sent = { readonly urn: string; readonly level: Exclude<Level, "disabled">; readonly message: string };

/**
 * The plain form lets a level set in the pack configuration hold. The object form, which the server of @pulumi/policy
 * takes although its types do not show it, carries a level of its own.
 */
function send({ rule, report }: Desk, { urn, level, message }: Sent): void {
  if (level === strictest(rule)) {
    report(message, urn);
    return;
  }
  const full = `${rule.title}\n${message}`;
  Reflect.apply(report, undefined, [
    { urn, message: full, enforcementLevel: level, severity: rule.severity },
  ]);
}

function strictest(rule: Rule): Level {
  const levels = Object.values(rule.levels);
  return levels.includes("mandatory") ? "mandatory" : levels.includes("advisory") ? "advisory" : "disabled";
}

function levelOf(rule: Rule, { config, environment }: RuleContext): Level {
  const configured = config.at("levels", environment).text() ?? config.at("levels", "default").text();
  return toLevel(configured) ?? rule.levels[environment] ?? rule.levels.default;
}

function toLevel(text: string | undefined): Level | undefined {
  return text === "disabled" || text === "advisory" || text === "mandatory" ? text : undefined;
}

function contextOf(urn: string, config: object, { now }: Book): RuleContext {
  const value = new Value("", config);
  return { environment: value.at("environment").text() ?? stackOf(urn), config: value, now };
}

/** `urn:pulumi:STACK::PROJECT::TYPE::NAME` */
function stackOf(urn: string): string {
  return urn.split("::")[0]?.replace("urn:pulumi:", "") ?? "";
}

/** Stack and project. */
function placeOf(urn: string): string {
  return urn.split("::").slice(0, 2).join("::");
}

type EngineResource = Pick<ResourceValidationArgs, "type" | "urn" | "name" | "props" | "provider">;

function toSubject({ type, urn, name, props, provider }: EngineResource): Subject {
  const origin = provider && { provider: { urn: provider.urn, props: unwrap(provider.props) } };
  return { type, urn, name, props: unwrap(props), ...origin };
}

/**
 * A stack is judged by what its resources became. In a first preview a resource whose provider is not known yet, as
 * that of a cluster still to be made, became nothing at all: then what it was asked for stands in.
 */
function toStackSubject(resource: EngineResource, { inputs }: Book): Subject {
  const subject = toSubject(resource);
  return subject.props.isEmpty() ? { ...subject, props: inputs.get(resource.urn) ?? subject.props } : subject;
}

/** Below the library's proxy, which throws at an unknown value and so turns a mandatory rule off for the whole resource. */
function unwrap(props: Record<string, unknown>): Value {
  return new Value("", Reflect.get(props, "__getSpecialProxyTarget") ?? props);
}

function exemptionsCurrent({
  exemptions,
  now,
  inputs,
}: Book): StackValidationPolicy & Pick<ResourceValidationPolicy, "validateResource"> {
  return {
    name: EXEMPTIONS_POLICY,
    description: "Exemptions are removed or renewed before they expire.",
    enforcementLevel: "mandatory",
    severity: "high",
    remediationSteps:
      "Correct the resource and remove the entry from exemptions.json, or renew it with a reason.",
    // Of all policies this one alone sees every resource.
    validateResource: ({ urn, props }) => {
      inputs.set(urn, unwrap(props));
    },
    validateStack: ({ resources }, report) => {
      const place = placeOf(resources[0]?.urn ?? "");
      for (const entry of exemptions.filter((e) => placeOf(e.urn) === place && isExpired(e, now))) {
        report(`the exemption from ${entry.rule} expired after ${entry.expires}`, entry.urn);
      }
    },
  };
}
