// Which logs a name stands for, and the command that prints one of them. Pure.

export type LogSource =
  | { readonly kind: "file"; readonly name: string; readonly file: string }
  | {
      readonly kind: "pod";
      readonly name: string;
      readonly namespace: string;
      readonly kubeconfig: string;
      readonly context: string;
    };

/** The one with exactly that name, else the pods whose name begins with it; without a name, all pods. */
export function sourcesOf(all: readonly LogSource[], name: string | undefined): readonly LogSource[] {
  const pods = all.filter((source) => source.kind === "pod");
  if (name === undefined) return pods;
  const exact = all.filter((source) => source.name === name);
  return exact.length > 0 ? exact.slice(0, 1) : pods.filter((pod) => pod.name.startsWith(`${name}-`));
}

export type TailOptions = { readonly follow: boolean; readonly lines: number };

export function tailCommand(source: LogSource, options: TailOptions): readonly [string, ...string[]] {
  const lines = String(options.lines);
  if (source.kind === "file") {
    return ["tail", "-n", lines, ...(options.follow ? ["-F"] : []), source.file];
  }
  const at = ["--kubeconfig", source.kubeconfig, "--context", source.context, "-n", source.namespace];
  const follow = options.follow ? ["--follow"] : [];
  return ["kubectl", ...at, "logs", source.name, "--all-containers", "--tail", lines, ...follow];
}
