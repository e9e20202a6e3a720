// What a preview or update does to each resource, gathered from the engine's events.
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";

export type PlannedStep = {
  readonly urn: string;
  readonly type: string;
  readonly operation: "create" | "update" | "replace" | "delete" | "same" | "read" | "other";
  /** Properties for whose sake the resource is replaced. */
  readonly replacedFor: readonly string[];
  /** Paths of the inputs that change. */
  readonly changed: readonly string[];
};

export type StepRecord = {
  readonly observe: (event: EngineEvent) => void;
  /** One a resource, in the engine's order. */
  steps(): readonly PlannedStep[];
};

export function recordSteps(): StepRecord {
  const steps = new Map<string, PlannedStep>();
  return {
    observe: (event) => {
      const metadata = event.resourcePreEvent?.metadata;
      if (metadata === undefined) return;
      const { urn, type } = metadata;
      const operation = operationOf(metadata.op);
      // A replacement is three steps of the engine; the others say no more than the first.
      if (steps.get(urn)?.operation === "replace") return;
      const replacedFor = metadata.keys ?? [];
      const changed = Object.keys(metadata.detailedDiff ?? {});
      steps.set(urn, { urn, type, operation, replacedFor, changed });
    },
    steps: () => [...steps.values()],
  };
}

function operationOf(op: string): PlannedStep["operation"] {
  switch (op) {
    case "create":
    case "update":
    case "delete":
    case "same":
    case "read":
      return op;
    case "replace":
    case "create-replacement":
    case "delete-replaced":
      return "replace";
    default:
      return "other";
  }
}
