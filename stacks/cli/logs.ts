// `rampa logs`: the last lines of pods and of the cluster's parts, or everything that comes with --follow.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { clusterStatus, readCluster } from "../local/cluster/cluster.ts";
import { connectApi } from "../local/cluster/kubernetes-api.ts";
import { paths } from "../local/paths.ts";
import { CliError } from "./cli-error.ts";
import { type LogSource, sourcesOf, tailCommand } from "./log-sources.ts";
import { readObjects } from "./platform-objects.ts";
import { engineLog } from "./platform-stack.ts";
import { readStack } from "./stack-file.ts";

export type LogsOptions = { readonly stack: string; readonly follow?: boolean; readonly lines: number };

export async function runLogs(name: string | undefined, options: LogsOptions): Promise<number> {
  const all = await listSources((await readStack(options.stack)).namespace);
  const chosen = sourcesOf(all, name);
  if (chosen.length === 0) {
    throw new CliError(
      name === undefined ? "cli.nothing-here" : "cli.usage",
      name === undefined
        ? "nothing runs here, so there are no logs"
        : `no part or pod is called ${name}; there are: ${all.map((source) => source.name).join(", ")}`,
      "npm run rampa -- status",
    );
  }
  const codes = await Promise.all(chosen.map((source) => show(source, options, chosen.length > 1)));
  return Math.max(...codes);
}

async function listSources(namespace: string): Promise<readonly LogSource[]> {
  const engine: readonly LogSource[] = existsSync(engineLog)
    ? [{ kind: "file", name: "pulumi", file: engineLog }]
    : [];
  const cluster = await readCluster();
  if (cluster === undefined) return engine;
  const { kubeconfig, context } = cluster;
  const parts = (await clusterStatus()).flatMap(({ part, logFile }): LogSource[] =>
    logFile === undefined ? [] : [{ kind: "file", name: part, file: logFile }],
  );
  const { pods } = await readObjects(await connectApi(kubeconfig, context), namespace);
  const podSources = pods.map(
    ({ metadata }): LogSource => ({ kind: "pod", name: metadata.name, namespace, kubeconfig, context }),
  );
  return [...podSources, ...parts, ...engine];
}

function show(source: LogSource, options: LogsOptions, prefixed: boolean): Promise<number> {
  const [program, ...args] = tailCommand(source, { ...options, follow: options.follow === true });
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PATH: `${paths.bin}:${process.env.PATH ?? ""}` },
    cwd: paths.checkout,
  });
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) process.stdout.write(prefixed ? `${source.name} | ${line}\n` : `${line}\n`);
  });
  return new Promise((settle, fail) => {
    child.once("error", fail);
    child.once("close", (code) => settle(code ?? 1));
  });
}
