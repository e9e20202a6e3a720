// Which logs a name stands for, and the command that prints a file among them. Pure.

export type LogSource =
  | { readonly kind: "file"; readonly name: string; readonly file: string }
  | {
      readonly kind: "pod";
      readonly name: string;
      readonly namespace: string;
      readonly kubeconfig: string;
      readonly context: string;
      /** In the order in which they run. */
      readonly containers: readonly string[];
    };

/** The one with exactly that name, else the pods whose name begins with it; without a name, all pods. */
export function sourcesOf(all: readonly LogSource[], name: string | undefined): readonly LogSource[] {
  const pods = all.filter((source) => source.kind === "pod");
  if (name === undefined) return pods;
  const exact = all.filter((source) => source.name === name);
  return exact.length > 0 ? exact.slice(0, 1) : pods.filter((pod) => pod.name.startsWith(`${name}-`));
}

export type TailOptions = { readonly follow: boolean; readonly lines: number };

/** Follows a file over its rotation. */
export function tailCommand(file: string, { follow, lines }: TailOptions): readonly [string, ...string[]] {
  return ["tail", "-n", String(lines), ...(follow ? ["-F"] : []), file];
}
