// `rampa logs`: the last lines of pods and of the cluster's parts, or everything that comes with --follow.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { connectApi } from "../local/cluster/kubernetes-api.ts";
import type { StackSettings } from "../settings.ts";
import { CliError } from "./cli-error.ts";
import { type LogSource, sourcesOf, type TailOptions, tailCommand } from "./log-sources.ts";
import { rampaCommand } from "./next-command.ts";
import type { OutputOptions } from "./output.ts";
import { readObjects } from "./platform-objects.ts";
import { engineLog } from "./platform-stack.ts";
import { openContainerLog } from "./pod-log.ts";
import { clusterParts, findCluster } from "./stack-cluster.ts";
import { readStack } from "./stack-file.ts";

export type LogsOptions = OutputOptions & {
  readonly stack: string;
  readonly follow?: boolean;
  readonly lines: number;
};

type LogLine = { readonly source: string; readonly line: string };
type Take = (line: LogLine) => void;

export async function runLogs(name: string | undefined, options: LogsOptions): Promise<number> {
  const all = await listSources(await readStack(options.stack));
  const chosen = sourcesOf(all, name);
  if (chosen.length === 0) {
    const isWrongName = name !== undefined && all.length > 0;
    throw new CliError(
      isWrongName ? "cli.usage" : "cli.nothing-here",
      !isWrongName
        ? "nothing runs here, so there are no logs"
        : `no part or pod is called ${name}; there are: ${all.map((source) => source.name).join(", ")}`,
      rampaCommand("status", options.stack),
    );
  }
  const kept: LogLine[] = [];
  const take = chooseTake(options, chosen.length > 1, kept);
  const codes = await Promise.all(chosen.map((source) => show(source, options, take)));
  if (options.json && !options.follow) process.stdout.write(`${JSON.stringify({ lines: kept }, null, 2)}\n`);
  return Math.max(...codes);
}

/** What becomes of a line: shown, a JSON document of its own, or kept for the one document at the end. */
function chooseTake({ json, follow }: LogsOptions, isMixed: boolean, kept: LogLine[]): Take {
  if (json && !follow) return (line) => void kept.push(line);
  if (json) return (line) => void process.stdout.write(`${JSON.stringify(line)}\n`);
  return ({ source, line }) => void process.stdout.write(isMixed ? `${source} | ${line}\n` : `${line}\n`);
}

async function listSources(settings: StackSettings): Promise<readonly LogSource[]> {
  const { namespace } = settings;
  const engine: readonly LogSource[] = existsSync(engineLog)
    ? [{ kind: "file", name: "pulumi", file: engineLog }]
    : [];
  const cluster = await findCluster(settings);
  if (cluster === undefined) return engine;
  const { kubeconfig, context } = cluster;
  const parts = (await clusterParts(settings)).flatMap(({ part, logFile }): LogSource[] =>
    logFile === undefined ? [] : [{ kind: "file", name: part, file: logFile }],
  );
  const { pods } = await readObjects(await connectApi(kubeconfig, context), namespace);
  const podSources = pods.map(({ metadata: { name }, status }): LogSource => {
    const statuses = [...status.initContainerStatuses, ...status.containerStatuses];
    const containers = statuses.map((container) => container.name);
    return { kind: "pod", name, namespace, kubeconfig, context, containers };
  });
  return [...podSources, ...parts, ...engine];
}

async function show(source: LogSource, options: LogsOptions, take: Take): Promise<number> {
  const tail = { follow: options.follow === true, lines: options.lines };
  const write = (line: string): void => take({ source: source.name, line });
  if (source.kind === "file") return await showFile(source.file, tail, write);
  let shown = 0;
  for (const container of source.containers) {
    const log = await openContainerLog(source, container, tail);
    if (log.kind === "none") {
      process.stderr.write(`${source.name}: ${log.reason}\n`);
      continue;
    }
    shown += 1;
    for await (const line of createInterface({ input: log.text })) write(line);
  }
  return shown > 0 ? 0 : 1;
}

async function showFile(file: string, tail: TailOptions, write: (line: string) => void): Promise<number> {
  const [program, ...args] = tailCommand(file, tail);
  // Also a kill that this process cannot see ends it.
  const bound = tail.follow ? [`--pid=${process.pid}`] : [];
  const child = spawn(program, [...bound, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number>((settle, fail) => {
    child.once("error", fail);
    child.once("close", (code) => settle(code ?? 1));
  });
  for await (const line of createInterface({ input: child.stdout })) write(line);
  return await ended;
}
