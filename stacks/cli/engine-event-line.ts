// One line for an event of the engine that a person waits on; nothing for the rest. Pure.
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";

const COLOUR_TAGS = /<\{%[^%]*%\}>/g;

const VERBS: Readonly<Record<string, string>> = {
  create: "creating",
  update: "updating",
  delete: "deleting",
  replace: "replacing",
  "create-replacement": "creating the replacement of",
  "delete-replaced": "deleting the replaced",
};

/** The engine also sends "debug", which its types leave out: whole resources, of no use to who waits. */
const MEANT_FOR_PEOPLE = new Set<string>(["info", "info#err", "warning", "error"]);

export function describeEngineEvent(event: EngineEvent): string | undefined {
  const { resourcePreEvent, diagnosticEvent } = event;
  if (resourcePreEvent) {
    const { op, urn, type } = resourcePreEvent.metadata;
    const verb = VERBS[op];
    return verb && `${verb} ${kindOf(type)} ${nameOf(urn)}`;
  }
  if (!diagnosticEvent || !MEANT_FOR_PEOPLE.has(diagnosticEvent.severity)) return undefined;
  const text = diagnosticEvent.message.replaceAll(COLOUR_TAGS, "").replaceAll(/\s+/g, " ").trim();
  if (text === "") return undefined;
  return diagnosticEvent.urn ? `${nameOf(diagnosticEvent.urn)}: ${text}` : text;
}

/** `kubernetes:apps/v1:Deployment` → `Deployment`. */
function kindOf(type: string): string {
  return type.split(":").at(-1) ?? type;
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}
