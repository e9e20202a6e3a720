// checkov and kube-score over rendered manifests: what each of them finds.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { tryCommand } from "../../stacks/local/cluster/commands.ts";
import { versions } from "../../stacks/local/cluster/versions.ts";
import { ensureGoProgram } from "../kit/go-program.ts";
import { fetched } from "../kit/obtained-tool.ts";
import { ensurePython } from "../kit/python-packages.ts";
import type { Finding } from "./exceptions.ts";
import { type Rendered, writeRendered } from "./rendered.ts";

const CHECKOV = "checkov==3.3.30";
const KUBE_SCORE = { module: "github.com/zegl/kube-score", version: "v1.20.0" };
const JUDGE_MS = 300_000;

/** Finds what is wrong with the files; they belong to one stack, and may refer to each other. */
export type Judge = (files: readonly Rendered[]) => Promise<readonly Finding[]>;

export const JUDGES: Readonly<Record<"checkov" | "kube-score", () => Promise<Judge>>> = {
  checkov: async () => {
    const python = await fetched(CHECKOV, () => ensurePython([CHECKOV]));
    return (files) => inFolder(files, (folder) => askCheckov(python, folder));
  },
  "kube-score": async () => {
    const { module, version } = KUBE_SCORE;
    const program = await ensureGoProgram({
      name: "kube-score",
      modules: { [module]: version },
      main: { command: `${module}/cmd/kube-score` },
    });
    return (files) =>
      inFolder(files, (folder) =>
        askKubeScore(
          program,
          folder,
          files.map(({ path }) => path),
        ),
      );
  },
};

async function inFolder<T>(files: readonly Rendered[], judge: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "rampa-judged-"));
  try {
    writeRendered(folder, files);
    return await judge(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const checkovReport = z.looseObject({
  results: z.looseObject({
    failed_checks: z.array(
      z.looseObject({ check_id: z.string(), check_name: z.string(), file_path: z.string() }),
    ),
  }),
  summary: z.looseObject({ passed: z.int().min(1), parsing_errors: z.literal(0) }),
});

async function askCheckov(python: string, folder: string): Promise<readonly Finding[]> {
  const args = [
    "-m",
    "checkov.main",
    "-d",
    folder,
    "--framework",
    "kubernetes",
    "--skip-download",
    "--compact",
  ];
  const { stdout, stderr } = await tryCommand(python, [...args, "-o", "json"], { deadlineMs: JUDGE_MS });
  const report = checkovReport.safeParse(parseReport(stdout, stderr));
  if (!report.success) throw new Error(`checkov: ${report.error.message}\n${stderr}`);
  return report.data.results.failed_checks.map(({ check_id, check_name, file_path }) => ({
    judge: "checkov",
    rule: check_id,
    path: file_path.slice(1),
    message: check_name,
  }));
}

const scoreReport = z.array(
  z.looseObject({
    file_name: z.string(),
    checks: z.array(
      z.looseObject({
        check: z.looseObject({ id: z.string(), comment: z.string() }),
        grade: z.number(),
        skipped: z.boolean(),
      }),
    ),
  }),
);

/** Grades: 1 critical, 5 warning, 7 almost, 10 nothing to say. */
const NOTHING_TO_SAY = 10;

async function askKubeScore(
  program: string,
  folder: string,
  paths: readonly string[],
): Promise<readonly Finding[]> {
  const minor = versions.kubernetes.split(".").slice(0, 2).join(".");
  const files = paths.map((path) => join(folder, path));
  const args = ["score", "--kubernetes-version", `v${minor}`, "--output-format", "json", ...files];
  const { stdout, stderr } = await tryCommand(program, args, { deadlineMs: JUDGE_MS });
  return scoreReport.parse(parseReport(stdout, stderr)).flatMap(({ file_name, checks }) =>
    checks
      .filter(({ grade, skipped }) => !skipped && grade < NOTHING_TO_SAY)
      .map(({ check }) => ({
        judge: "kube-score",
        rule: check.id,
        path: file_name.slice(folder.length + 1),
        message: check.comment,
      })),
  );
}

function parseReport(stdout: string, stderr: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    // Not JSON: the judge could not judge, and says why on the other stream.
    throw new Error(stderr || stdout);
  }
}
