// Findings of the judges against the written exceptions: what nobody excused, and what excuses nothing.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

export type Finding = {
  readonly judge: string;
  readonly rule: string;
  /** `<stack>/<path in the rendered folder>`. */
  readonly path: string;
  readonly message: string;
};

const exception = z.strictObject({
  judge: z.enum(["checkov", "kube-score"]),
  rule: z.string().min(1),
  objects: z.string().startsWith("^"),
  reason: z.string().min(20),
});
export type Exception = z.output<typeof exception>;

export function readExceptions(): readonly Exception[] {
  return z.array(exception).parse(parse(readFileSync(join(import.meta.dirname, "exceptions.yaml"), "utf8")));
}

export type Settled = { readonly unexcused: readonly Finding[]; readonly unused: readonly Exception[] };

/** Compares one judge's findings with the exceptions from it. */
export function settle(findings: readonly Finding[], exceptions: readonly Exception[]): Settled {
  const excuses = (it: Exception, { judge, rule, path }: Finding): boolean =>
    it.judge === judge && it.rule === rule && new RegExp(it.objects).test(path);
  return {
    unexcused: findings.filter((finding) => !exceptions.some((it) => excuses(it, finding))),
    unused: exceptions.filter((it) => !findings.some((finding) => excuses(it, finding))),
  };
}
