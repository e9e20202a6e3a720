// Waits until an object does its work or is gone, telling meanwhile what it waits for, up to a deadline.
import { isMap, type PropertyMap, stringAt, valueAt } from "../property-values.ts";
import { ANNOTATIONS, annotationOf, isAnnotated } from "./annotations.ts";
import { pause } from "./api-client.ts";
import { ApiFault, ApiUnreachable } from "./api-fault.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { describeRef, type ObjectRef } from "./object-ref.ts";
import { describePodProblem, podProblem } from "./pod-problems.ts";
import { hasReadyEndpoint, type Judge, judgeOf, type Related } from "./readiness.ts";

export type AwaitOptions = {
  /** From `customTimeouts`; 0 when the program sets none. */
  readonly timeoutSeconds: number;
  /** Shown beside the resource; called when the text changes. */
  readonly status: (text: string) => void;
  /** Aborted when the engine cancels. */
  readonly signal: AbortSignal;
};

export type Awaited =
  | { readonly kind: "ready"; readonly object: PropertyMap }
  | { readonly kind: "not-ready"; readonly object: PropertyMap; readonly reasons: readonly string[] };

const FIRST_PAUSE_MS = 150;
const LONGEST_PAUSE_MS = 1000;
/** A failure has to last: a change that mends a failed rollout finds the old verdict in the status for a moment. */
const FAILED_FOR_MS = 2000;
const DELETE_TIMEOUT_MS = 10 * 60_000;
const LONGEST_LOG_LINE = 300;
const SHOWN_PODS = 5;

/** Kinds without a judge, and objects annotated with `pulumi.com/skipAwait`, are ready at once. */
export async function awaitReady(
  access: ClusterAccess,
  ref: ObjectRef,
  first: PropertyMap,
  options: AwaitOptions,
): Promise<Awaited> {
  const judge = judgeOf(ref);
  if (!judge || isAnnotated(first, ANNOTATIONS.skipAwait)) return { kind: "ready", object: first };
  const deadline = Date.now() + timeoutOf(first, options.timeoutSeconds, judge.timeoutMs);
  let object = first;
  let failedSince = Number.POSITIVE_INFINITY;
  for (let round = 0; ; round++) {
    const verdict = judge.judge(object, await relatedOf(access, judge, object));
    if (verdict.kind === "ready") return { kind: "ready", object };
    const problems = await podReasons(access, judge, object, false);
    options.status([verdict.reason, ...problems].join("; "));
    failedSince = verdict.kind === "failed" ? Math.min(failedSince, Date.now()) : Number.POSITIVE_INFINITY;
    const isFailed = Date.now() - failedSince >= FAILED_FOR_MS;
    if (isFailed || Date.now() >= deadline || options.signal.aborted) {
      const why = verdict.kind === "failed" ? verdict.reason : `${verdict.reason}, and the time for it is up`;
      const details = await podReasons(access, judge, object, true);
      return { kind: "not-ready", object, reasons: [`${describeRef(ref)} is not ready: ${why}`, ...details] };
    }
    await pause(pauseOf(round));
    object = (await access.get(ref)) ?? object;
  }
}

function pauseOf(round: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(round, 10));
}

function timeoutOf(object: PropertyMap, customSeconds: number, usualMs: number): number {
  const annotated = Number(annotationOf(object, ANNOTATIONS.timeoutSeconds));
  if (customSeconds > 0) return customSeconds * 1000;
  return annotated > 0 ? annotated * 1000 : usualMs;
}

async function relatedOf(access: ClusterAccess, judge: Judge, object: PropertyMap): Promise<Related> {
  const name = stringAt(object, ["metadata", "name"]) ?? "";
  const namespace = stringAt(object, ["metadata", "namespace"]);
  if (judge.needs === "endpointSlices") {
    const kind = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };
    const endpointSlices = await access.list(kind, namespace, `kubernetes.io/service-name=${name}`);
    const isAnswered = endpointSlices.some(hasReadyEndpoint);
    const deployments = isAnswered ? [] : await access.list(DEPLOYMENT, namespace, "");
    return { ...NOTHING, endpointSlices, deployments };
  }
  if (judge.needs === "storageClass") {
    return { ...NOTHING, storageClass: await storageClassOf(access, object) };
  }
  return NOTHING;
}

const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment" };
const NOTHING: Related = { endpointSlices: [], deployments: [], storageClass: undefined };

async function storageClassOf(access: ClusterAccess, claim: PropertyMap): Promise<PropertyMap | undefined> {
  const name = stringAt(claim, ["spec", "storageClassName"]);
  if (name === undefined || name === "") return undefined;
  return access.get({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", namespace: undefined, name });
}

/** Why the object's pods are not ready; with logs also the last lines of containers that failed. */
async function podReasons(
  access: ClusterAccess,
  judge: Judge,
  object: PropertyMap,
  withLogs: boolean,
): Promise<string[]> {
  const namespace = stringAt(object, ["metadata", "namespace"]) ?? "";
  const pods = await podsOf(access, judge, object, namespace);
  const problems = pods.map(podProblem).filter((problem) => problem !== undefined);
  const shown = problems.slice(0, SHOWN_PODS);
  const lines = shown.map(describePodProblem);
  if (!withLogs) return lines;
  const failed = shown.find((problem) => problem.container !== undefined);
  if (!failed?.container) return lines;
  return [...lines, ...(await lastLogLines(access, namespace, failed.pod, failed.container))];
}

async function podsOf(
  access: ClusterAccess,
  judge: Judge,
  object: PropertyMap,
  namespace: string,
): Promise<PropertyMap[]> {
  if (object.kind === "Pod") return [object];
  const selector = judge.podSelector ? valueAt(object, judge.podSelector) : undefined;
  if (!isMap(selector)) return [];
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${String(value)}`);
  return access.list({ apiVersion: "v1", kind: "Pod" }, namespace, labels.join(","));
}

async function lastLogLines(
  access: ClusterAccess,
  namespace: string,
  pod: string,
  container: string,
): Promise<string[]> {
  try {
    const lines = await access.logTail(namespace, pod, container);
    return lines.map((line) => `  ${pod} | ${line.slice(0, LONGEST_LOG_LINE)}`);
  } catch (error) {
    // A container that never started has no log; the reason above is then all there is.
    if (error instanceof ApiFault || error instanceof ApiUnreachable) return [];
    throw error;
  }
}

/** Resolves when the object is gone, or another one has its name. Rejects at the deadline, naming finalizers. */
export async function awaitGone(access: ClusterAccess, ref: ObjectRef, options: AwaitOptions): Promise<void> {
  const timeoutMs = options.timeoutSeconds > 0 ? options.timeoutSeconds * 1000 : DELETE_TIMEOUT_MS;
  const deadline = Date.now() + timeoutMs;
  let uid: string | undefined;
  for (let round = 0; ; round++) {
    const live = await access.get(ref);
    const liveUid = stringAt(live, ["metadata", "uid"]);
    uid ??= liveUid;
    if (!live || liveUid !== uid) return;
    const finalizers = valueAt(live, ["metadata", "finalizers"]);
    const held = finalizers === undefined ? "" : `, held by finalizers ${JSON.stringify(finalizers)}`;
    options.status(`being deleted${held}`);
    if (Date.now() >= deadline || options.signal.aborted) {
      throw new Error(
        `${describeRef(ref)} is still there after ${Math.round(timeoutMs / 1000)} s${held}. Next: npm run rampa -- status, then npm run up to try again`,
      );
    }
    await pause(pauseOf(round));
  }
}
