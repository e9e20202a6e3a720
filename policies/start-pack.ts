// Starts a policy pack in the current folder: rules plus that folder's exemptions.json. Teams start theirs with it too.
import { resolve } from "node:path";
import { PolicyPack } from "@pulumi/policy";
import { readExemptions } from "./exemptions.ts";
import { toPolicies } from "./kit.ts";
import type { Rule } from "./rule.ts";

/** Serves the rules to the engine that started this process; one pack a process. */
export function startPack(name: string, rules: readonly Rule[]): PolicyPack {
  const names = rules.map((rule) => rule.name);
  const exemptions = readExemptions(resolve("exemptions.json"), names);
  return new PolicyPack(name, { policies: toPolicies(rules, { exemptions }), enforcementLevel: "mandatory" });
}
