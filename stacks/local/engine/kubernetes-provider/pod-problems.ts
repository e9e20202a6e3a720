// Says in one line why a pod is not ready, from the pod's own status.
import { lastWords } from "../../last-words.ts";
import {
  isList,
  isMap,
  type PropertyList,
  type PropertyMap,
  type PropertyValue,
  stringAt,
  valueAt,
} from "../property-values.ts";

export type PodProblem = {
  readonly pod: string;
  readonly reason: string;
  /** Container whose last log lines tell more. */
  readonly container: string | undefined;
};

/** Undefined when the pod is ready, or has done its work. */
export function podProblem(pod: PropertyMap): PodProblem | undefined {
  const name = stringAt(pod, ["metadata", "name"]) ?? "pod";
  if (stringAt(pod, ["status", "phase"]) === "Succeeded" || isTrue(condition(pod, "Ready"))) return undefined;
  const waiting = containerStatuses(pod).map(containerProblem).find(Boolean);
  if (waiting) return { pod: name, ...waiting };
  const reason = schedulingProblem(pod) ?? probeProblem(pod) ?? phaseProblem(pod);
  return { pod: name, reason, container: undefined };
}

/** `pod chat-1-0-0-abc: ImagePullBackOff: …`, one line a pod. */
export function describePodProblem(problem: PodProblem): string {
  return `pod ${problem.pod}: ${problem.reason}`;
}

function containerStatuses(pod: PropertyMap): PropertyList {
  const init = valueAt(pod, ["status", "initContainerStatuses"]);
  const main = valueAt(pod, ["status", "containerStatuses"]);
  return [...(isList(init) ? init : []), ...(isList(main) ? main : [])];
}

const STARTING = new Set(["ContainerCreating", "PodInitializing"]);

function containerProblem(status: PropertyValue): { reason: string; container: string } | undefined {
  const container = stringAt(status, ["name"]) ?? "container";
  const waiting = stringAt(status, ["state", "waiting", "reason"]);
  if (waiting !== undefined && !STARTING.has(waiting)) {
    const parts = [waiting, stringAt(status, ["state", "waiting", "message"]), lastEnd(status)];
    return { reason: `${container}: ${parts.filter(Boolean).join(": ")}`, container };
  }
  const ended = endOf(valueAt(status, ["state", "terminated"]));
  if (ended !== undefined) return { reason: `${container}: ${ended}`, container };
  const before = isMap(status) && status.ready === false ? lastEnd(status) : undefined;
  return before === undefined ? undefined : { reason: `${container}: runs again, ${before}`, container };
}

function lastEnd(status: PropertyValue): string | undefined {
  const ended = endOf(valueAt(status, ["lastState", "terminated"]));
  return ended === undefined ? undefined : `last run ${ended}`;
}

function endOf(terminated: PropertyValue | undefined): string | undefined {
  if (!isMap(terminated) || terminated.exitCode === 0) return undefined;
  const reason = stringAt(terminated, ["reason"]) ?? "ended";
  const words = lastWords(stringAt(terminated, ["message"]));
  return `${reason} with exit code ${terminated.exitCode ?? "?"}${words === undefined ? "" : `: ${words}`}`;
}

function schedulingProblem(pod: PropertyMap): string | undefined {
  const scheduled = condition(pod, "PodScheduled");
  if (!isMap(scheduled) || scheduled.status !== "False") return undefined;
  return `${stringAt(scheduled, ["reason"]) ?? "Unschedulable"}: ${stringAt(scheduled, ["message"]) ?? ""}`;
}

/** Containers run but are not ready: it is the readiness probe that says no. */
function probeProblem(pod: PropertyMap): string | undefined {
  const statuses = containerStatuses(pod);
  const unready = statuses.find(
    (status) =>
      isMap(status) && status.ready === false && valueAt(status, ["state", "running"]) !== undefined,
  );
  if (!isMap(unready)) return undefined;
  const probe = unready.started === false ? "startup probe has not passed yet" : "readiness probe fails";
  return `${stringAt(unready, ["name"]) ?? "container"}: ${probe}`;
}

function phaseProblem(pod: PropertyMap): string {
  const message = stringAt(pod, ["status", "message"]) ?? stringAt(pod, ["status", "reason"]);
  const phase = stringAt(pod, ["status", "phase"]) ?? "Pending";
  return message === undefined ? `${phase}, containers are being created` : `${phase}: ${message}`;
}

export function condition(object: PropertyValue, type: string): PropertyValue | undefined {
  const conditions = valueAt(object, ["status", "conditions"]);
  return isList(conditions) ? conditions.find((one) => stringAt(one, ["type"]) === type) : undefined;
}

export function isTrue(one: PropertyValue | undefined): boolean {
  return stringAt(one, ["status"]) === "True";
}
