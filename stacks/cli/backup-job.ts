// A job made of the template that copies by the clock have, with other arguments; its answers are lines of JSON.
import { setTimeout as sleep } from "node:timers/promises";
import {
  ApiException,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  type V1CronJob,
  type V1Job,
} from "@kubernetes/client-node";
import { z } from "zod";
import { BACKUP } from "../../components/data/cluster-postgres.plan.ts";
import { parseJson } from "../local/parse-json.ts";
import { CliError, type CliErrorCode } from "./cli-error.ts";
import { rampaCommand, upCommand } from "./next-command.ts";
import type { StackCluster } from "./stack-cluster.ts";

export type BackupCall = {
  readonly cluster: StackCluster;
  readonly namespace: string;
  readonly stack: string;
  readonly args: readonly ["backup" | "list" | "restore", ...string[]];
};

type Apis = { readonly batch: BatchV1Api; readonly core: CoreV1Api };

const POLL_MS = 300;
/** The template's own deadline ends the job before. */
const DONE_WITHIN_MS = 65 * 60_000;
const NOT_FOUND = 404;

const failure = z.object({ error: z.string(), message: z.string() });

/** Every answer of the job. Throws CliError with what the job said of its failure. */
export async function runBackupJob(call: BackupCall): Promise<readonly unknown[]> {
  const apis = connect(call.cluster);
  const { namespace } = call;
  const job = await apis.batch.createNamespacedJob({ namespace, body: await toJob(apis, call) });
  const name = job.metadata?.name ?? "";
  try {
    const isDone = await waitFor(apis, namespace, name);
    const { answers, words } = parseAnswers(await logOf(apis, namespace, name));
    if (!isDone) throw toError(answers, words, call);
    return answers;
  } finally {
    await apis.batch.deleteNamespacedJob({ namespace, name, propagationPolicy: "Background" });
  }
}

function connect({ kubeconfig, context }: StackCluster): Apis {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  return { batch: config.makeApiClient(BatchV1Api), core: config.makeApiClient(CoreV1Api) };
}

async function toJob({ batch }: Apis, call: BackupCall): Promise<V1Job> {
  const cronJob = await batch
    .readNamespacedCronJob({ namespace: call.namespace, name: BACKUP })
    .catch((error: unknown) => {
      if (error instanceof ApiException && error.code === NOT_FOUND) return undefined;
      throw error;
    });
  if (cronJob !== undefined) return jobOf(cronJob, call.args);
  const message = `there is no ${BACKUP} in the namespace ${call.namespace}`;
  throw new CliError("cli.nothing-here", message, upCommand(call.stack));
}

/** Tried once: whoever asked sees the failure and decides. */
export function jobOf({ metadata, spec }: V1CronJob, args: BackupCall["args"]): V1Job {
  const { template } = spec?.jobTemplate.spec ?? {};
  const containers = template?.spec?.containers.map((container) => ({ ...container, args: [...args] })) ?? [];
  return {
    metadata: {
      generateName: `${BACKUP}-${args[0]}-`,
      ...(metadata?.labels && { labels: metadata.labels }),
    },
    spec: {
      ...spec?.jobTemplate.spec,
      backoffLimit: 0,
      template: { ...template, spec: { ...template?.spec, containers } },
    },
  };
}

/** Whether it ended well. */
async function waitFor({ batch }: Apis, namespace: string, name: string): Promise<boolean> {
  const until = Date.now() + DONE_WITHIN_MS;
  while (Date.now() < until) {
    const { status } = await batch.readNamespacedJob({ namespace, name });
    if ((status?.succeeded ?? 0) > 0) return true;
    if (status?.conditions?.some(({ type, status: is }) => type === "Failed" && is === "True")) return false;
    await sleep(POLL_MS);
  }
  return false;
}

async function logOf({ core }: Apis, namespace: string, job: string): Promise<string> {
  const labelSelector = `batch.kubernetes.io/job-name=${job}`;
  const { items } = await core.listNamespacedPod({ namespace, labelSelector });
  const pod = items[0]?.metadata?.name;
  return pod === undefined ? "" : ((await core.readNamespacedPodLog({ namespace, name: pod })) ?? "");
}

type Answers = {
  readonly answers: readonly unknown[];
  /** What the programs printed besides. */
  readonly words: string;
};

export function parseAnswers(log: string): Answers {
  const lines = log.split("\n").map((line) => ({ line, answer: parseJson(line) }));
  const isAnswer = (answer: unknown): boolean => typeof answer === "object" && answer !== null;
  return {
    answers: lines.flatMap(({ answer }) => (isAnswer(answer) ? [answer] : [])),
    words: lines.flatMap(({ line, answer }) => (isAnswer(answer) || line === "" ? [] : [line])).join("\n"),
  };
}

const CODES: Readonly<Record<string, CliErrorCode>> = {
  "backup-missing": "cli.backup-missing",
  "backup-damaged": "cli.backup-damaged",
  "database-not-empty": "cli.database-not-empty",
};

/** What the script said, else the last words of what it ran. */
export function toError(
  answers: readonly unknown[],
  words: string,
  { stack, args }: Pick<BackupCall, "stack" | "args">,
): CliError {
  const { data } = failure.safeParse(answers.at(-1));
  const details = words === "" ? "" : `\n${words}`;
  const code = CODES[data?.error ?? ""] ?? "cli.backup-failed";
  const message = data?.message ?? `data ${args[0]} did not end well`;
  const nexts: Partial<Record<CliErrorCode, string>> = {
    "cli.backup-missing": rampaCommand("data list", stack),
    "cli.backup-damaged": `${rampaCommand("data list", stack)}, and another copy`,
    "cli.database-not-empty": `${rampaCommand("data backup", stack)}, then data restore with --overwrite`,
  };
  return new CliError(code, `${message}${details}`, nexts[code] ?? rampaCommand("status", stack));
}
