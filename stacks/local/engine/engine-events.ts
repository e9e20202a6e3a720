// Gathers from the engine's events what a caller needs: counts of changes, and why a run failed.
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import { EngineError } from "./engine-error.ts";

export type Changes = Readonly<Record<string, number>>;

export type RunRecord = {
  readonly observe: (event: EngineEvent) => void;
  changes(): Changes;
  errors(): readonly string[];
  violations(): readonly string[];
};

const COLOUR_TAGS = /<\{%[^%]*%\}>/g;

export function recordRun(): RunRecord {
  let changes: Changes = {};
  const errors: string[] = [];
  const violations: string[] = [];
  const observe = (event: EngineEvent): void => {
    if (event.summaryEvent) changes = countsOf(event.summaryEvent.resourceChanges);
    const diagnostic = event.diagnosticEvent;
    if (diagnostic?.severity === "error") errors.push(withResource(diagnostic.urn, diagnostic.message));
    if (event.policyEvent?.enforcementLevel === "mandatory") {
      const { policyName, resourceUrn, message } = event.policyEvent;
      violations.push(`${policyName}: ${withResource(resourceUrn, message)}`);
    }
  };
  return { observe, changes: () => changes, errors: () => errors, violations: () => violations };
}

function countsOf(given: Readonly<Record<string, number | undefined>> | undefined): Changes {
  const entries = Object.entries(given ?? {}).flatMap(([key, count]): [string, number][] =>
    count === undefined ? [] : [[key, count]],
  );
  return Object.fromEntries(entries);
}

function withResource(urn: string | undefined, message: string): string {
  const name = urn?.split("::").at(-1);
  const text = message.replaceAll(COLOUR_TAGS, "").trim();
  return name ? `${name}: ${text}` : text;
}

/** How many resources the run made, changed, replaced or deleted. */
export function changeCount(changes: Changes): number {
  return Object.entries(changes).reduce(
    (sum, [operation, count]) => (operation === "same" ? sum : sum + count),
    0,
  );
}

/** The typed error for a failed run, from what the engine said; the raw output is the last resort. */
export function failureOf(record: RunRecord, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const output = error instanceof Error ? error.message : String(error);
  if (output.includes("the stack is currently locked")) {
    const reason = "Another run began to change this stack at the same moment.";
    return new EngineError("engine.state-locked", reason, "wait for it to end, then: npm run up");
  }
  const violations = record.violations();
  if (violations.length > 0) {
    return new EngineError(
      "engine.policy-violated",
      ["Policies stop this change:", ...violations.map((line) => `  ${line}`)].join("\n"),
      "correct the stack's config, then: npm run up",
    );
  }
  const reasons = record
    .errors()
    .filter((line) => !/^(?:update|preview|destroy) failed$/.test(line.split(": ").at(-1) ?? ""));
  const told = reasons.length > 0 ? reasons.join("\n") : lastLines(output);
  // Reasons often carry their own next command; then it is not said twice.
  const [own = "", next = TRY_AGAIN] = /\s*\bNext: (.+)$/m.exec(told) ?? [];
  return new EngineError("engine.operation-failed", told.replace(own, ""), next);
}

const TRY_AGAIN = "npm run rampa -- status shows which part is wrong; npm run up tries again";

const KEPT_LINES = 30;

function lastLines(output: string): string {
  return output.replaceAll(COLOUR_TAGS, "").trim().split("\n").slice(-KEPT_LINES).join("\n");
}
