// Collects from the engine's events of one preview what is deployed, what would be, and what policies say.
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import type { Finding } from "./decision.ts";
import type { Resource } from "./resource.ts";

export type CollectedPlan = {
  readonly observe: (event: EngineEvent) => void;
  before(): readonly Resource[];
  after(): readonly Resource[];
  findings(): readonly Finding[];
};

export function collectPlan(): CollectedPlan {
  const before = new Map<string, Resource>();
  const after = new Map<string, Resource>();
  const findings: Finding[] = [];
  const observe = ({ resourcePreEvent, policyEvent }: EngineEvent): void => {
    if (resourcePreEvent) {
      const { urn, type, old, new: planned } = resourcePreEvent.metadata;
      // A replacement is told in several steps: the first has the old state, the last the new one.
      if (old && !before.has(urn)) before.set(urn, { urn, type, props: old.inputs });
      if (planned) after.set(urn, { urn, type, props: planned.inputs });
    }
    if (policyEvent) {
      const { enforcementLevel, policyName: rule, resourceUrn: urn = "", message } = policyEvent;
      const level = enforcementLevel === "mandatory" ? "mandatory" : "advisory";
      findings.push({ level, rule, urn, message: message.replaceAll(COLOUR_TAGS, "").trim() });
    }
  };
  return {
    observe,
    before: () => [...before.values()],
    after: () => [...after.values()],
    findings: () => findings,
  };
}

const COLOUR_TAGS = /<\{%[^%]*%\}>/g;
