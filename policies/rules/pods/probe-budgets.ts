// Rule probe-budgets: a pod that loads a model is given the time that loading takes, by probes and by its Deployment.
import { ANNOTATIONS } from "../../../components/contract/annotations.ts";
import { loadsModel } from "../../kubernetes/models.ts";
import { podOf } from "../../kubernetes/pods.ts";
import { WORKLOADS } from "../../kubernetes/workloads.ts";
import {
  type Finding,
  type Rule,
  type RuleContext,
  type Subject,
  unknownAmong,
  violation,
} from "../../rule.ts";
import type { Value } from "../../value.ts";

/** Seconds that even a small model may need on a cold node. */
const SHORTEST_START = 60;
/** What Kubernetes takes where a field is left out. */
const DEFAULTS = {
  initialDelaySeconds: 0,
  periodSeconds: 10,
  failureThreshold: 3,
  progressDeadlineSeconds: 600,
};

export const probeBudgets: Rule = {
  name: "probe-budgets",
  title:
    "A pod with a model may take as long to start as the model takes to load, and its Deployment waits longer.",
  severity: "medium",
  framework: {
    name: "AWS Well-Architected",
    version: "2025",
    reference: "REL11-BP01",
    specification: "Monitor all components of the workload to detect failures, and not what is none.",
  },
  tags: ["availability", "models", "pods"],
  why: "A probe that gives up before the weights are loaded restarts the pod, which begins to load again: the version never comes up. A deadline that ends before the probe's calls a slow start a failed release.",
  fix: `Give model containers a startupProbe whose periodSeconds x failureThreshold covers the load (annotation ${ANNOTATIONS.loadSeconds} of the pod), and set progressDeadlineSeconds above that.`,
  url: "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  settings: {
    shortestStartSeconds: {
      type: "number",
      description: `Least start-up budget where the pod does not say how long it loads; ${SHORTEST_START} when left out.`,
    },
  },
  types: WORKLOADS,
  check: (subject, context) => (loadsModel(podOf(subject)) ? checkWorkload(subject, context) : []),
};

function checkWorkload(subject: Subject, context: RuleContext): readonly Finding[] {
  const pod = podOf(subject);
  const load = pod.metadata.at("annotations", ANNOTATIONS.loadSeconds);
  const servers = pod.spec
    .at("containers")
    .items()
    .filter((container) => container.at("ports").items().length > 0);
  if (load.state === "unknown") return unknownAmong([load]);
  const seconds = load.state === "absent" ? shortestStart(context) : Number(load.text());
  if (!(seconds > 0)) return [violation(load, "not a number of seconds above 0")];
  return servers.flatMap((container) => [
    ...checkProbes(container, seconds),
    ...checkDeadline(subject, container.at("startupProbe")),
  ]);
}

function shortestStart({ config }: RuleContext): number {
  return config.at("shortestStartSeconds").number() ?? SHORTEST_START;
}

function checkProbes(container: Value, seconds: number): readonly Finding[] {
  const startup = container.at("startupProbe");
  const liveness = container.at("livenessProbe");
  if (startup.state === "absent") {
    return liveness.state === "absent"
      ? []
      : [violation(liveness, "without a start-up probe it restarts a pod that still loads its model")];
  }
  const unknown = hiddenTimes(startup);
  if (unknown.length > 0) return unknownAmong(unknown);
  const budget = budgetOf(startup);
  return budget >= seconds
    ? []
    : [violation(startup, `gives up after ${budget} s, before the ${seconds} s that loading may take`)];
}

function checkDeadline(subject: Subject, startup: Value): readonly Finding[] {
  const deadline = subject.props.at("spec", "progressDeadlineSeconds");
  if (!subject.type.endsWith(":Deployment") || startup.state !== "known" || hiddenTimes(startup).length > 0)
    return [];
  if (deadline.state === "unknown") return unknownAmong([deadline]);
  const seconds = deadline.number() ?? DEFAULTS.progressDeadlineSeconds;
  const budget = budgetOf(startup);
  return seconds > budget
    ? []
    : [violation(deadline, `${seconds} s, not more than the ${budget} s that a pod may take to start`)];
}

const TIMES = ["initialDelaySeconds", "periodSeconds", "failureThreshold"] as const;

function hiddenTimes(probe: Value): readonly Value[] {
  return [probe, ...TIMES.map((time) => probe.at(time))].filter(({ state }) => state === "unknown");
}

/** Seconds from the container's start until the kubelet gives up. */
function budgetOf(probe: Value): number {
  const [delay, period, failures] = TIMES.map((time) => probe.at(time).number() ?? DEFAULTS[time]);
  return (delay ?? 0) + (period ?? 0) * (failures ?? 0);
}
