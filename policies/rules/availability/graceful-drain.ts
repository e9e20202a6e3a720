// Rule graceful-drain: a pod that stops is left alone until the answers that it streams are finished.
import { ANNOTATIONS } from "../../../components/contract/annotations.ts";
import { podOf } from "../../kubernetes/pods.ts";
import { servedWorkloads, WORKLOADS } from "../../kubernetes/workloads.ts";
import {
  about,
  type Finding,
  type Rule,
  type RuleContext,
  type Subject,
  unknownAmong,
  violation,
} from "../../rule.ts";
import type { Value } from "../../value.ts";

/** Seconds that the longest answer may take, by environment. */
const LONGEST_ANSWERS: Readonly<Record<string, number>> = { staging: 60, prod: 60 };
const OTHERWISE = 30;
/** What Kubernetes takes where the field is left out. */
const DEFAULT_GRACE = 30;

export const gracefulDrain: Rule = {
  name: "graceful-drain",
  title: "Pods behind a Service have time to finish the answers under way when they stop.",
  severity: "medium",
  framework: {
    name: "AWS Well-Architected",
    version: "2025",
    reference: "REL05-BP01",
    specification: "Implement graceful degradation: what is being answered is finished.",
  },
  tags: ["availability", "pods", "streams"],
  why: "A streamed answer takes tens of seconds; with the default grace of 30 s every rollout, drain and scale-down cuts the longest ones off in the middle, and a preStop hook uses up the same time.",
  fix: `Set terminationGracePeriodSeconds to the longest answer plus the time to leave the load balancer (annotation ${ANNOTATIONS.drainSeconds} of the pod), and above the sleep of a preStop hook.`,
  url: "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  settings: {
    longestAnswerSeconds: {
      type: "number",
      description:
        "Least grace of pods that do not say how long they drain; 60 in prod and staging, else 30 when left out.",
    },
  },
  types: WORKLOADS,
  checkStack: (subjects, context) =>
    servedWorkloads(subjects).flatMap((workload) => about(workload, checkGrace(workload, context))),
};

function checkGrace(workload: Subject, context: RuleContext): readonly Finding[] {
  const { metadata, spec } = podOf(workload);
  const drain = metadata.at("annotations", ANNOTATIONS.drainSeconds);
  const grace = spec.at("terminationGracePeriodSeconds");
  const unknown = unknownAmong([drain, grace]);
  if (unknown.length > 0) return unknown;
  const need = drain.state === "absent" ? longestAnswer(context) : Number(drain.text());
  if (!(need >= 0)) return [violation(drain, "not a number of seconds")];
  const seconds = grace.number() ?? DEFAULT_GRACE;
  return [
    ...(seconds >= need
      ? []
      : [violation(grace, `${seconds} s, less than the ${need} s of the longest answer`)]),
    ...spec
      .at("containers")
      .items()
      .flatMap((container) => checkHook(container, seconds)),
  ];
}

function longestAnswer({ config, environment }: RuleContext): number {
  return config.at("longestAnswerSeconds").number() ?? LONGEST_ANSWERS[environment] ?? OTHERWISE;
}

/** The grace counts from the moment at which the hook starts. */
function checkHook(container: Value, grace: number): readonly Finding[] {
  const sleep = container.at("lifecycle", "preStop", "sleep", "seconds");
  if (sleep.state === "unknown") return unknownAmong([sleep]);
  return (sleep.number() ?? 0) < grace || sleep.state === "absent"
    ? []
    : [violation(sleep, "the hook uses up the whole grace, so the process is killed at once")];
}
