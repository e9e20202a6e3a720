// Prometheus and Alertmanager of a local environment, asked as a person would: through `kubectl port-forward`.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { LocalEnvironment } from "../kit/local-environment.ts";

const POLL_MS = 500;

/** Runs kubectl on the environment's cluster; throws on a bad exit code. */
export async function kubectl(environment: LocalEnvironment, ...args: readonly string[]): Promise<string> {
  const [program, kubeconfig] = kubectlOf(environment);
  const { code, stdout, stderr } = await environment.run(program, [kubeconfig, ...args]);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

function kubectlOf({ folder }: LocalEnvironment): readonly [string, string] {
  return [join(folder, ".rampa/bin/kubectl"), `--kubeconfig=${join(folder, ".rampa/cluster/kubeconfig")}`];
}

export type Forward = { readonly url: string; close(): void };

/** A port of this machine that leads to a Service of the namespace `monitoring`. */
export async function forwardTo(environment: LocalEnvironment, service: string): Promise<Forward> {
  const [program, kubeconfig] = kubectlOf(environment);
  const ports = { prometheus: 9090, alertmanager: 9093 }[service];
  const args = [kubeconfig, "--namespace=monitoring", "port-forward", `service/${service}`, `:${ports}`];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const port = await forwardedPort(child);
  return { url: `http://127.0.0.1:${port}`, close: () => void child.kill() };
}

function forwardedPort(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      const [, port] = /127\.0\.0\.1:(\d+)/.exec(chunk.toString()) ?? [];
      if (port !== undefined) resolve(port);
    });
    child.once("exit", (code) => reject(new Error(`kubectl port-forward ended with ${code}`)));
  });
}

async function getJson<S extends z.ZodType>(url: string, schema: S): Promise<z.output<S>> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return schema.parse(await answer.json());
}

const vector = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: z.tuple([z.number(), z.string().transform(Number)]),
      }),
    ),
  }),
});

export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** An instant query, now or at a time in seconds. */
export async function query({ url }: Forward, expression: string, at?: number): Promise<readonly Sample[]> {
  const search = new URLSearchParams({ query: expression, ...(at !== undefined && { time: `${at}` }) });
  const { data } = await getJson(`${url}/api/v1/query?${search}`, vector);
  return data.result.map(({ metric, value }) => ({ labels: metric, value: value[1] }));
}

const targets = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        health: z.string(),
        lastError: z.string(),
        lastScrapeDuration: z.number(),
      }),
    ),
  }),
});

export async function readTargets({ url }: Forward) {
  return (await getJson(`${url}/api/v1/targets?state=active`, targets)).data.activeTargets;
}

/** Families of all scraped metrics, those without a series included. */
export async function scrapedFamilies({ url }: Forward): Promise<readonly string[]> {
  const metadata = z.object({ data: z.record(z.string(), z.unknown()) });
  return Object.keys((await getJson(`${url}/api/v1/metadata`, metadata)).data);
}

const alerts = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    status: z.object({ state: z.string() }),
  }),
);

/** What Alertmanager holds. */
export async function readAlerts({ url }: Forward) {
  return await getJson(`${url}/api/v2/alerts`, alerts);
}

/** Asks until the answer is right; at the end of the time, the last answer. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
  withinMs: number,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isRight(answer) || Date.now() > deadline) return answer;
    await sleep(POLL_MS);
  }
}
