// Judges stacks by a policy pack without engine, cloud and cluster: plan each, ask the real analyser, sort the answers.
import { startAnalyser } from "./harness/analyser.ts";
import type { PackConfig, Verdict } from "./harness/analyser-messages.ts";
import { type PlannedStack, planStacks } from "./harness/plan-stacks.ts";
import { listStacks, readProject } from "./harness/stack-files.ts";
import { EXEMPT_MARK } from "./kit.ts";

export type StackVerdict = {
  readonly stack: string;
  /** Number of resources that were judged. */
  readonly resources: number;
  readonly violations: readonly Verdict[];
  /** Findings that an exemption in force turns into a notice. */
  readonly exemptions: readonly Verdict[];
  readonly durationMs: number;
  /** Why the stack could not be planned; absent where it was. */
  readonly failure?: string;
};

export type JudgeOptions = {
  /** Folder with Pulumi.yaml. */
  readonly project: string;
  /** Folder with PulumiPolicy.yaml. */
  readonly pack: string;
  /** Stacks to judge; every stack with a file when left out. */
  readonly stacks?: readonly string[];
  readonly config?: PackConfig;
};

/** The stacks that `wanted` names but the project does not have. */
export function unknownStacks(project: string, wanted: readonly string[]): readonly string[] {
  const known = listStacks(readProject(project));
  return wanted.filter((stack) => !known.includes(stack));
}

export async function judgeStacks(options: JudgeOptions): Promise<readonly StackVerdict[]> {
  const stacks = options.stacks ?? listStacks(readProject(options.project));
  const [analyser, planned] = await Promise.all([
    startAnalyser(options.pack),
    planStacks(options.project, stacks),
  ]);
  try {
    const verdicts: StackVerdict[] = [];
    for (const plan of planned) verdicts.push(await judgeStack(plan));
    return verdicts;
  } finally {
    await analyser.close();
  }

  async function judgeStack({ stack, record, durationMs }: PlannedStack): Promise<StackVerdict> {
    if (record.kind === "failed") {
      return { stack, resources: 0, violations: [], exemptions: [], durationMs, failure: record.reason };
    }
    const startedAt = performance.now();
    const verdicts = await analyser.judge(record.resources, options.config);
    return {
      stack,
      resources: record.resources.length,
      violations: verdicts.filter(({ message }) => !message.startsWith(EXEMPT_MARK)),
      exemptions: verdicts.filter(({ message }) => message.startsWith(EXEMPT_MARK)),
      durationMs: durationMs + Math.round(performance.now() - startedAt),
    };
  }
}

/** Whether nothing stops a deployment: every stack was planned and has no mandatory finding. */
export function isClean(verdicts: readonly StackVerdict[]): boolean {
  return verdicts.every(
    ({ failure, violations }) =>
      failure === undefined && violations.every(({ level }) => level !== "mandatory"),
  );
}
