// Request fields that chat completions and completions share, and how a failed check becomes a fault.
import { z } from "zod";
import { faults, type OpenAiFault } from "./fault.ts";

/** Left out and `null` mean the same to OpenAI's API; both arrive as `undefined`. */
export const optional = <S extends z.ZodType>(schema: S) =>
  schema.nullish().transform((value) => value ?? undefined);

export const model = z.string("expected a string").min(1, "expected a model name");
/** A count of tokens. */
const positive = z.int("expected an integer").min(1, "expected an integer of at least 1");
const between = (low: number, high: number) => {
  const message = `expected a number from ${low} to ${high}`;
  return z.number(message).min(low, message).max(high, message);
};

export const samplingFields = {
  max_tokens: optional(positive),
  temperature: optional(between(0, 2)),
  top_p: optional(between(0, 1)),
  n: optional(z.literal(1, "expected 1; other counts are not supported")),
  stop: optional(
    z.union(
      [z.string(), z.array(z.string().min(1)).max(4)],
      "expected a string or a list of up to 4 strings",
    ),
  ),
  seed: optional(z.int("expected an integer")),
  frequency_penalty: optional(between(-2, 2)),
  presence_penalty: optional(between(-2, 2)),
  stream: optional(z.boolean("expected true or false")),
  stream_options: optional(
    z.looseObject({ include_usage: optional(z.boolean("expected true or false")) }, "expected an object"),
  ),
  user: optional(z.string("expected a string")),
  top_k: optional(z.int("expected an integer").min(0, "expected an integer of at least 0")),
  min_p: optional(between(0, 1)),
  logit_bias: optional(
    z.record(
      z.string().regex(/^\d+$/, "expected token ids"),
      between(-100, 100),
      "expected an object from token id to bias",
    ),
  ),
} as const;

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: OpenAiFault };

/** Checks a parsed body. The fault names the first wrong field as `param` and never repeats what was sent. */
export function checkBody<S extends z.ZodType>(schema: S, body: unknown): Checked<z.output<S>> {
  if (body === null || typeof body !== "object" || Array.isArray(body))
    return { ok: false, fault: faults.notAnObject() };
  const result = schema.safeParse(body);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, fault: toFault(result.error.issues[0], body) };
}

function toFault(issue: z.core.$ZodIssue | undefined, body: unknown): OpenAiFault {
  if (!issue) return faults.notAnObject();
  const param = printPath(issue.path);
  if (isMissing(issue.path, body)) {
    return faults.invalidField(
      param,
      "missing_required_parameter",
      `Missing required parameter: '${param}'.`,
    );
  }
  const reason = issue.message.replace(/^Invalid input: /, "");
  return faults.invalidField(param, codeOf(issue), `Invalid value for '${param}': ${reason}.`);
}

/** OpenAI's code names say whether the field is whole; the messages above say it too. */
function codeOf(issue: z.core.$ZodIssue): string {
  const kind = issue.message.startsWith("expected an integer") ? "integer" : "decimal";
  if (issue.code === "invalid_type") return "invalid_type";
  if (issue.code === "too_small" && issue.origin === "number") return `${kind}_below_min_value`;
  if (issue.code === "too_big" && issue.origin === "number") return `${kind}_above_max_value`;
  return "invalid_value";
}

function isMissing(path: readonly PropertyKey[], body: unknown): boolean {
  let current = body;
  for (const key of path) {
    if (current === null || typeof current !== "object" || !Object.hasOwn(current, key)) return true;
    current = Reflect.get(current, key);
  }
  return false;
}

/** `["messages", 0, "role"]` → `messages[0].role`, as OpenAI prints it. */
export function printPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text ? `${text}.${String(key)}` : String(key);
  }, "");
}
