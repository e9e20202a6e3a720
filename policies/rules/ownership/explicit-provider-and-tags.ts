// Rule explicit-provider-and-tags: it is written down where a resource goes and who answers for it.
import { LABELS } from "../../../components/contract/labels.ts";
import {
  type Finding,
  type Rule,
  type RuleContext,
  type Subject,
  unknownAmong,
  violation,
} from "../../rule.ts";
import type { Value } from "../../value.ts";

const REQUIRED = [
  ["owner", LABELS.owner],
  ["environment", LABELS.environment],
  ["costCenter", LABELS.costCenter],
] as const;

export const explicitProviderAndTags: Rule = {
  name: "explicit-provider-and-tags",
  title: "Resources are made by an explicit provider and say who owns and pays for them.",
  severity: "medium",
  framework: {
    name: "CIS Controls",
    version: "8.1",
    reference: "1.1",
    specification: "Establish and maintain a detailed inventory of assets with their owners.",
  },
  tags: ["ownership", "cost"],
  why: "A default provider deploys to whatever cluster or account the shell happens to point at; an object without an owner is nobody's to clean up or pay.",
  fix: `Pass a provider, and set the labels ${REQUIRED.map(([, label]) => label).join(", ")}.`,
  url: "https://www.pulumi.com/docs/iac/concepts/resources/providers/#explicit-provider-configuration",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  settings: {
    owner: { type: "string", description: "Owner that remediation fills in where the label is missing." },
    costCenter: {
      type: "string",
      description: "Cost centre that remediation fills in where the label is missing.",
    },
  },
  // Everything that a provider makes, but not providers, components and what the engine itself keeps.
  types: /^(?!pulumi:)[^:]+:[^:]+:[^:]+$/,
  check: (subject) => [
    ...checkProvider(subject),
    ...(isKubernetes(subject) ? checkLabels(subject.props) : []),
  ],
  remediate: (subject, context) => (isKubernetes(subject) ? withLabels(subject.props, context) : undefined),
};

/** Not lists, not bundles of other objects, and not definitions of types, which are installed as they are published. */
function isKubernetes({ type }: Subject): boolean {
  const isBundle = /^kubernetes:(helm\.sh|yaml|kustomize)|:CustomResourceDefinition$|List$/.test(type);
  return type.startsWith("kubernetes:") && !isBundle;
}

/** Components have no provider of their own; a default provider's name starts with `default`. */
function checkProvider({ provider }: Subject): readonly Finding[] {
  const name = provider?.urn.split("::").at(-1) ?? "";
  return /^default(_|$)/.test(name) ? [violation("", "made by the default provider")] : [];
}

function checkLabels(props: Value): readonly Finding[] {
  const labels = props.at("metadata", "labels");
  if (labels.state === "unknown") return unknownAmong([labels]);
  const values = REQUIRED.map(([, label]) => labels.at(label));
  const missing = values.filter((value) => value.state === "absent" || value.text() === "");
  return [...unknownAmong(values), ...missing.map((value) => violation(value, "the label is missing"))];
}

function withLabels(props: Value, { config, environment }: RuleContext): Record<string, unknown> | undefined {
  const labels = props.at("metadata", "labels");
  if (labels.state === "unknown") return undefined;
  const filled = REQUIRED.flatMap(([setting, label]) => {
    const value = setting === "environment" ? environment : config.at(setting).text();
    return value !== undefined && labels.at(label).state === "absent" ? [[label, value] as const] : [];
  });
  if (filled.length === 0) return undefined;
  const metadata = {
    ...props.at("metadata").record(),
    labels: { ...labels.record(), ...Object.fromEntries(filled) },
  };
  return { ...props.record(), metadata };
}
