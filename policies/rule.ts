// What a rule is: plain data and pure checks; nothing here knows how an engine calls it.
import type { PolicyComplianceFramework, Severity } from "@pulumi/policy";
import type { Value } from "./value.ts";

export type Level = "disabled" | "advisory" | "mandatory";

/** The level of a rule by environment; an environment that is not named takes `default`. */
export type Levels = { readonly default: Level } & Readonly<Partial<Record<string, Level>>>;

/** A resource as a rule sees it: what will be sent to the provider, never which component made it. */
export type Subject = {
  readonly type: string;
  readonly urn: string;
  readonly name: string;
  readonly props: Value;
  readonly provider?: { readonly urn: string; readonly props: Value };
};

export type RuleContext = {
  /** The stack's name, or what the pack configuration says. */
  readonly environment: string;
  /** This rule's entries of the pack configuration. */
  readonly config: Value;
  /** The time at which the pack judges. */
  readonly now: Date;
};

/** Where and what. Messages name paths and numbers and never repeat a property's text: it may be a secret. */
export type Finding =
  | { readonly kind: "violation"; readonly urn?: string; readonly path: string; readonly message: string }
  | { readonly kind: "unknown"; readonly urn?: string; readonly path: string };

/** A setting of a rule in the pack configuration, in JSON Schema words. */
export type RuleSetting = {
  readonly type: "string" | "number" | "integer" | "boolean" | "array" | "object";
  readonly items?: { readonly type: "string" };
  readonly description: string;
};

export type Rule = {
  /** Kebab-case, the same as the file's name; part of exemptions and configuration, so never renamed. */
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly framework: PolicyComplianceFramework;
  readonly tags: readonly string[];
  readonly why: string;
  readonly fix: string;
  readonly url?: string;
  readonly levels: Levels;
  /** A value not known at preview: `defer` is an advisory finding now and a full check during the deployment; `refuse` is a violation. */
  readonly whenUnknown: "defer" | "refuse";
  readonly settings?: Readonly<Record<string, RuleSetting>>;
  /** The resource types that `check` judges. */
  readonly types: RegExp;
  /** Judges one resource before it is created or changed. */
  readonly check?: (subject: Subject, context: RuleContext) => readonly Finding[];
  /** Judges what only the resources together show; runs after the preview and after the deployment. */
  readonly checkStack?: (subjects: readonly Subject[], context: RuleContext) => readonly Finding[];
  /** The corrected properties where a correction is safe; runs only where the pack configuration sets `remediate`. */
  readonly remediate?: (subject: Subject, context: RuleContext) => Record<string, unknown> | undefined;
};

export function violation(value: Value | string, message: string): Finding {
  return { kind: "violation", path: typeof value === "string" ? value : value.path, message };
}

/** A finding for each of the values that is itself unknown. */
export function unknownAmong(values: readonly Value[]): readonly Finding[] {
  return values.filter((value) => value.state === "unknown").map(({ path }) => ({ kind: "unknown", path }));
}

/** Ties findings to the resource they are about, in checks over a stack. */
export function about(subject: Subject, findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => ({ ...finding, urn: subject.urn }));
}
