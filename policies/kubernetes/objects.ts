// Reads what Kubernetes resources have in common: metadata, namespaces, label selectors.
import type { Subject } from "../rule.ts";
import type { Value } from "../value.ts";

export function nameOf({ props }: Subject): Value {
  return props.at("metadata", "name");
}

/** The namespace the API server will use: the object's, else the provider's, else `default`. Undefined while unknown. */
export function namespaceOf({ props, provider }: Subject): string | undefined {
  const own = props.at("metadata", "namespace");
  if (own.state !== "absent") return own.text();
  const inherited = provider?.props.at("namespace");
  return inherited === undefined || inherited.state === "absent" ? "default" : inherited.text();
}

/** `<namespace>/<name>`, or undefined while one of them is unknown. */
export function keyOf(subject: Subject): string | undefined {
  const name = nameOf(subject).text();
  const namespace = namespaceOf(subject);
  return name === undefined || namespace === undefined ? undefined : `${namespace}/${name}`;
}

/** Whether a selector (matchLabels and matchExpressions) takes an object with these labels; an empty one takes all. */
export function selectsLabels(selector: Value, labels: Value): boolean {
  if (selector.state !== "known") return false;
  const equal = selector.at("matchLabels").entries();
  const expressions = selector.at("matchExpressions").items();
  return (
    equal.every(([key, want]) => labels.at(key).text() === want.text()) &&
    expressions.every((expression) => holds(expression, labels))
  );
}

/** Whether a plain map selector (a Service's) takes an object with these labels; an empty one takes none. */
export function mapSelects(selector: Value, labels: Value): boolean {
  const equal = selector.entries();
  return equal.length > 0 && equal.every(([key, want]) => labels.at(key).text() === want.text());
}

/** Whether a selector takes every object. */
export function selectsAll(selector: Value): boolean {
  if (selector.state !== "known") return false;
  return (
    selector.at("matchLabels").entries().length === 0 && selector.at("matchExpressions").items().length === 0
  );
}

function holds(expression: Value, labels: Value): boolean {
  const label = labels.at(expression.at("key").text() ?? "").text();
  const values = expression
    .at("values")
    .items()
    .map((value) => value.text());
  switch (expression.at("operator").text()) {
    case "In":
      return label !== undefined && values.includes(label);
    case "NotIn":
      return !values.includes(label);
    case "Exists":
      return label !== undefined;
    case "DoesNotExist":
      return label === undefined;
    default:
      return false;
  }
}
