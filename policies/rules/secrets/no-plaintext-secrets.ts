// Rule no-plaintext-secrets: keys and passwords are nowhere but in Secret objects.

import { isKeyShaped, isSecretName, secretsInText } from "../../key-shapes.ts";
import { containersOf, POD_TYPES, podOf } from "../../kubernetes/pods.ts";
import { type Finding, type Rule, type Subject, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const CONFIG_MAP = /^kubernetes:(core\/)?v1:ConfigMap$/;
const CHART = /^kubernetes:helm\.sh\/[^:]+:(Release|Chart)$/;
/** The token of a Secret written as a CustomResource: its data is not marked as secret by the SDK. */
const UNMARKED_SECRET = "kubernetes:v1:Secret";

export const noPlaintextSecrets: Rule = {
  name: "no-plaintext-secrets",
  title: "Keys and passwords are only in Secret objects that the state keeps encrypted.",
  severity: "critical",
  framework: {
    name: "CIS Kubernetes Benchmark",
    version: "1.11",
    reference: "5.4.1",
    specification: "Prefer using secrets as files over secrets as environment variables.",
  },
  tags: ["secrets", "security"],
  why: "Environment values, ConfigMaps and chart values are readable to everyone who may look at the object, and stand in clear in state, plans and backups.",
  fix: "Put the value into a Secret (kubernetes.core.v1.Secret or ExternalSecret) and refer to it by secretKeyRef or a mounted file; then replace the exposed key.",
  url: "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: /^kubernetes:(?!core\/v1:Secret$|core\/v1:SecretList$)/,
  check: (subject) => [
    ...(subject.type === UNMARKED_SECRET
      ? [violation("", "a Secret as a CustomResource is kept in clear in the state")]
      : []),
    ...subject.props
      .texts()
      .filter((value) => isKeyShaped(value.text() ?? ""))
      .map((value) => violation(value, "the text has the shape of a key or password")),
    ...namedSecrets(subject),
  ],
};

/** Places where a name tells what the value is. */
function namedSecrets(subject: Subject): readonly Finding[] {
  if (POD_TYPES.test(subject.type)) {
    const variables = containersOf(podOf(subject)).flatMap((container) => container.at("env").items());
    return variables.flatMap((variable) =>
      checkNamed(variable.at("name").text() ?? "", variable.at("value")),
    );
  }
  if (CONFIG_MAP.test(subject.type))
    return subject.props
      .at("data")
      .entries()
      .flatMap(([key, value]) => checkConfig(key, value));
  if (CHART.test(subject.type)) return checkTree(subject.props.at("values"));
  return [];
}

function checkNamed(name: string, value: Value): readonly Finding[] {
  if (!isSecretName(name)) return [];
  if (value.state === "unknown") return unknownAmong([value]);
  return isLiteral(value.text() ?? "")
    ? [violation(value, "the name says that this is a secret, and it has a literal value")]
    : [];
}

function checkConfig(key: string, value: Value): readonly Finding[] {
  const inside = secretsInText(value.text() ?? "").map((path) =>
    violation(value, `a literal secret at ${path} of the document`),
  );
  return [...checkNamed(key, value), ...inside];
}

function checkTree(value: Value): readonly Finding[] {
  const named = value.entries().flatMap(([key, child]) => checkNamed(key, child));
  const children = [...value.entries().map(([, child]) => child), ...value.items()];
  return [...named, ...children.flatMap(checkTree)];
}

/** Paths, references to other values and short words are not secrets themselves. */
function isLiteral(text: string): boolean {
  return text.length >= 6 && !/^(\/|\$[({]|true$|false$|\d+$)/.test(text);
}
