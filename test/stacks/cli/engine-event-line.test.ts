// What of the engine's events a person sees while waiting.
import { expect, it } from "vitest";
import { describeEngineEvent } from "../../../stacks/cli/engine-event-line.ts";

const urn = "urn:pulumi:local::rampa::kubernetes:apps/v1:Deployment::chat-1-0-0";
const pre = (op: "create" | "same") => ({
  sequence: 1,
  timestamp: 1,
  resourcePreEvent: {
    metadata: { op, urn, type: "kubernetes:apps/v1:Deployment", provider: "" },
  },
});

it("names the kind and the resource that is being made", () => {
  expect(describeEngineEvent(pre("create"))).toBe("creating Deployment chat-1-0-0");
});

it("is silent about a resource that stays the same", () => {
  expect(describeEngineEvent(pre("same"))).toBeUndefined();
});

it("passes on why a resource is waited for, without the engine's colour marks", () => {
  const diagnosticEvent = {
    message: "<{%fg 1%}>waiting:\n 0 of 2 pods<{%reset%}>",
    severity: "info",
    urn,
    color: "",
  } as const;
  expect(describeEngineEvent({ sequence: 1, timestamp: 1, diagnosticEvent })).toBe(
    "chat-1-0-0: waiting: 0 of 2 pods",
  );
});

it("is silent about the engine's notes to itself, which hold whole resources", () => {
  const event = JSON.parse('{"diagnosticEvent":{"message":"Registering resource: a=1","severity":"debug"}}');
  expect(describeEngineEvent(event)).toBeUndefined();
});
