// ConfigError: every problem of a user's configuration at once, as data until it is printed.
import type { z } from "zod";

export type ConfigProblem = {
  /** Dotted path of the field, e.g. `endpoints.chat.versions.1.0.0.replicas`; empty for the whole document. */
  readonly path: string;
  /** What was given, printed as JSON; never the value of a secret. */
  readonly got: string;
  /** What is allowed there, in words. */
  readonly want: string;
};

/** The user's fault: carries all problems, the file they are in and the command to run after correcting it. */
export class ConfigError extends Error {
  readonly source: string;
  readonly problems: readonly ConfigProblem[];
  readonly next: string;

  constructor(source: string, problems: readonly ConfigProblem[], next: string) {
    const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
    const lines = problems.map((p) => `  ${p.path || "(document)"}: got ${p.got}, want ${p.want}`);
    super([`${source}: ${count}`, ...lines, `Next: ${next}`].join("\n"));
    this.name = "ConfigError";
    this.source = source;
    this.problems = problems;
    this.next = next;
  }
}

type Place = { readonly source: string; readonly prefix?: string; readonly next: string };

/** Parses `value` by `schema`, or throws one ConfigError that lists every problem with its path. */
export function parseConfig<S extends z.ZodType>(schema: S, value: unknown, place: Place): z.output<S> {
  const result = schema.safeParse(value, { error: wantOf });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => toProblems(issue, value, place.prefix ?? ""));
  throw new ConfigError(place.source, problems.filter(isFirst), place.next);
}

/** Rules that look at a field from several sides may find one fault more than once. */
function isFirst(problem: ConfigProblem, index: number, all: readonly ConfigProblem[]): boolean {
  return all.findIndex(({ path, want }) => path === problem.path && want === problem.want) === index;
}

function toProblems(issue: z.core.$ZodIssue, value: unknown, prefix: string): ConfigProblem[] {
  const at = (path: readonly PropertyKey[]): string =>
    [prefix, ...path.map(String)].filter(Boolean).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: at([...issue.path, key]),
      got: "an unknown field",
      want: "no such field (check the spelling)",
    }));
  }
  if (issue.code === "invalid_key") {
    const want = issue.issues.map((inner) => inner.message).join("; ");
    return [{ path: at(issue.path), got: `the name ${describe(issue.path.at(-1))}`, want }];
  }
  return [{ path: at(issue.path), got: describe(valueAt(value, issue.path)), want: issue.message }];
}

/** What a field wants, in words; a schema's own message goes before this one. */
function wantOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return TYPE_WORDS[issue.expected] ?? `a value of type ${issue.expected}`;
    case "invalid_value":
      return `one of ${issue.values.map((each) => JSON.stringify(each)).join(", ")}`;
    case "invalid_union":
      return "options" in issue && Array.isArray(issue.options)
        ? `one of ${issue.options.map((each) => JSON.stringify(each)).join(", ")}`
        : undefined;
    case "too_small":
      return `${issue.origin === "string" ? "a text of" : ""} at least ${issue.minimum}`.trim();
    case "too_big":
      return `${issue.origin === "string" ? "a text of" : ""} at most ${issue.maximum}`.trim();
    default:
      return undefined;
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a mapping of fields",
  record: "a mapping of names to values",
  array: "a list",
};

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (current === null || typeof current !== "object") return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

const LONGEST_SHOWN = 80;

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
