// `rampa pipeline watch`: looks at a fresh deployment for some minutes: whether it answers, and how often it fails.
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { LABELS, PORTS } from "../../components/contract/labels.ts";
import { type OutputOptions, print } from "../cli/output.ts";
import { findCluster } from "../cli/stack-cluster.ts";
import { readStack } from "../cli/stack-file.ts";
import { connectApi, type KubernetesApi } from "../local/cluster/kubernetes-api.ts";
import { countRequests } from "./gateway-counts.ts";
import { decideWatch, type Reading, type Verdict, WATCH_LIMITS, type WatchLimits } from "./watch-decision.ts";

export type WatchOptions = OutputOptions & {
  readonly stack: string;
  readonly minutes: number;
};

const READING_EVERY_MS = 20_000;

/** Exit code 1 when the deployment fails, as soon as that is clear. */
export async function runWatch({ stack, minutes, ...options }: WatchOptions): Promise<number> {
  const settings = await readStack(stack);
  const cluster = await findCluster(settings);
  const api = cluster && (await connectApi(cluster.kubeconfig, cluster.context));
  const verdict = await watchDeployment({
    read: () => (api ? readGateway(api, settings.namespace) : Promise.resolve({ isReady: false, pods: {} })),
    wait: () => sleep(READING_EVERY_MS),
    readings: Math.ceil((minutes * 60_000) / READING_EVERY_MS),
    limits: WATCH_LIMITS,
  });
  const isGood = verdict.kind === "holds";
  print(
    options,
    { stack, ...verdict },
    `${stack} ${verdict.kind}: ${isGood ? countsText(verdict) : verdict.reason}`,
  );
  return isGood ? 0 : 1;
}

type Watch = {
  readonly read: () => Promise<Reading>;
  readonly wait: () => Promise<void>;
  readonly readings: number;
  readonly limits: WatchLimits;
};

/** Ends at the first verdict against the deployment. */
export async function watchDeployment({ read, wait, readings, limits }: Watch): Promise<Verdict> {
  const seen: Reading[] = [await read()];
  for (let left = readings; left > 0; left -= 1) {
    await wait();
    seen.push(await read());
    const verdict = decideWatch(seen, limits);
    if (verdict.kind === "fails") return verdict;
  }
  return decideWatch(seen, limits);
}

function countsText({ requests, errors }: Verdict): string {
  return requests < WATCH_LIMITS.minRequests
    ? `ready all along; ${requests} requests say nothing about errors`
    : `${errors} of ${requests} requests failed`;
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      }),
    }),
  ),
});

/** Each pod is asked by name through the API server, as a Service would answer with one of them by chance. */
export async function readGateway(api: KubernetesApi, namespace: string): Promise<Reading> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const selector = encodeURIComponent(`${LABELS.component}=gateway`);
  const items =
    podList.safeParse((await api.get(`${pods}?labelSelector=${selector}`)).body).data?.items ?? [];
  const ready = items.filter(({ status }) =>
    status.conditions.some(({ type, status: state }) => type === "Ready" && state === "True"),
  );
  const counts = ready.map(async ({ metadata: { name } }) => {
    const { status, body } = await api.get(`${pods}/${name}:${PORTS.http.number}/proxy/metrics`);
    return status === 200 && typeof body === "string" ? [[name, countRequests(body)] as const] : [];
  });
  const answered = (await Promise.all(counts)).flat();
  return { isReady: answered.length > 0, pods: Object.fromEntries(answered) };
}
