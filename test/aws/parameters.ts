// The parameters of a call, from what the plan says and how the type's row spells it. Pure.
import type { Props, Row, Step } from "./api-row.ts";
import { at, isMap } from "./differences.ts";

export const stepsOf = ({ steps }: Row, props: Props): readonly Step[] =>
  typeof steps === "function" ? steps(props) : steps;

/** Properties that nothing carries to AWS: a plan may not say what its calls do not. */
export function leftOver(row: Row, given: Props): string[] {
  const steps = stepsOf(row, given);
  if (steps.some(({ takes }) => takes === undefined)) return [];
  const carried = new Set(
    steps.flatMap((step) => [...(step.takes ?? []), ...(step.means ?? []), ...references(step.with)]),
  );
  return Object.keys(given)
    .filter((key) => !carried.has(key) && !row.ours?.includes(key))
    .map((key) => `${key}: no call carries it`);
}

export const references = (value: unknown): string[] =>
  [...JSON.stringify(value ?? {}).matchAll(/"\$(\w+)"/g)].map(([, name]) => name ?? "");

export function toParameters(
  step: Step,
  props: Props,
  steps: readonly Step[],
  ours: readonly string[] = [],
): Props {
  const others = steps.filter((each) => each !== step).flatMap(({ takes = [] }) => takes);
  const elsewhere = [
    ...others,
    ...ours,
    ...steps.flatMap((each) => each.means ?? []),
    ...references(step.with),
    "id",
    "tags",
  ];
  const taken = step.takes ?? Object.keys(props).filter((key) => !elsewhere.includes(key));
  const spelled = Object.fromEntries(
    Object.entries(props).map(([key, value]) => [key, renamed(value, step.as ?? {}, key)]),
  );
  const parameters: Record<string, unknown> = { ...substituted(step.with ?? {}, spelled) };
  for (const key of taken) {
    if (spelled[key] === undefined) continue;
    const path = step.as?.[key] ?? (step.into === undefined ? key : `${step.into}.${key}`);
    put(parameters, path, spelled[key]);
  }
  return parameters;
}

function put(target: Record<string, unknown>, path: string, value: unknown): void {
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const inner: Record<string, unknown> = isMap(target[first]) ? { ...target[first] } : {};
  put(inner, rest.join("."), value);
  target[first] = inner;
}

function renamed(value: unknown, as: Readonly<Record<string, string>>, path: string): unknown {
  if (Array.isArray(value)) return value.map((each) => renamed(each, as, path));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      as[`${path}.${key}`] ?? key,
      renamed(each, as, `${path}.${key}`),
    ]),
  );
}

/** `$name` → the property; other texts with `$name` inside keep their rest. */
export function substituted(value: Props, props: Props): Props {
  const inside = (each: unknown): unknown => {
    if (typeof each === "string" && each.startsWith("$")) return props[each.slice(1)];
    if (Array.isArray(each)) return each.map(inside);
    return isMap(each) ? substituted(each, props) : each;
  };
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]): [string, unknown] => [key, inside(each)])
      .filter(([, each]) => each !== undefined),
  );
}

export function find(
  path: string | undefined,
  given: Props,
  answers: readonly unknown[],
): string | undefined {
  if (path === undefined) return undefined;
  if (path.includes("$")) return path.replace(/\$(\w+)/, (_, name: string) => String(given[name]));
  const found = answers.map((answer) => at(answer, path)).find((value) => typeof value === "string");
  return typeof found === "string" ? found : undefined;
}
