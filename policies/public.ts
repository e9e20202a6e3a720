// What teams build their own rules, packs and component tests on; whatever is not exported here may change without notice.

export { type Analyser, startAnalyser } from "./harness/analyser.ts";
export type { JudgedResource, PackConfig, Verdict } from "./harness/analyser-messages.ts";
export { type JudgeRulesOptions, judgeRules, remediateByRule } from "./harness/judge-rules.ts";
export {
  type RecordedResource,
  type RecordOptions,
  recordResources,
  UNKNOWN,
} from "./harness/record-resources.ts";
export { containersOf, POD_TYPES, podOf } from "./kubernetes/pods.ts";
export { isOn, mustBe } from "./must-be.ts";
export { packRules } from "./pack-rules.ts";
export {
  about,
  type Finding,
  type Rule,
  type RuleContext,
  type Subject,
  unknownAmong,
  violation,
} from "./rule.ts";
export { startPack } from "./start-pack.ts";
export { Value } from "./value.ts";
