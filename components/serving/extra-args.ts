// Flags that an engine has and these settings don't: passed on, unless a setting or security says otherwise.
import { z } from "zod";

export const extraArgs = z
  .array(z.string())
  .default([])
  .describe(
    "Further flags, each as `--name` or `--name=value`; those that a setting stands for are refused.",
  );

type ArgProblem = { readonly path: readonly (string | number)[]; readonly want: string };

type Rules = {
  /** Flag → setting that stands for it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Flag → why it is refused. */
  readonly refused: Readonly<Record<string, string>>;
};

/** Which of the flags may not be passed on, with what to do instead. */
export function findArgProblems(args: readonly string[], rules: Rules): ArgProblem[] {
  return args.flatMap((arg, index) => {
    const want = problemOf(arg, rules);
    return want === undefined ? [] : [{ path: ["extraArgs", index], want }];
  });
}

function problemOf(arg: string, { settings, refused }: Rules): string | undefined {
  // Engines take `_` for `-`, and short forms: what is written otherwise could hide a flag that is refused.
  const flag = /^(--[a-z0-9][a-z0-9-]*)(\.[\w.-]+)?(=.*)?$/s.exec(arg)?.[1]?.replace(/^--no-/, "--");
  if (flag === undefined) return "`--name` or `--name=value`, in small letters and dashes";
  const reason = lookUp(refused, flag);
  if (reason !== undefined) return `no ${flag}: ${reason}`;
  const setting = lookUp(settings, flag);
  return setting === undefined ? undefined : `the setting \`${setting}\` instead of ${flag}`;
}

/** Parsers of command lines complete a flag that is cut short. */
function lookUp(table: Readonly<Record<string, string>>, flag: string): string | undefined {
  return Object.entries(table).find(([known]) => known.startsWith(flag))?.[1];
}
