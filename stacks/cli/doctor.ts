// `rampa doctor`: can this machine carry the local environment, and once it stands, does every part of it work?

import { readCluster } from "../local/cluster/cluster.ts";
import { ClusterError } from "../local/cluster/cluster-error.ts";
import { type OutputOptions, print } from "./output.ts";
import { checkLocalMachine } from "./preflight.ts";
import { readStack } from "./stack-file.ts";
import { readStatus } from "./status.ts";
import { renderStatus, type StatusView } from "./status-view.ts";

export type DoctorOptions = OutputOptions & { readonly stack: string };

type Problem = { readonly code: string; readonly message: string; readonly next: string };

export async function runDoctor(options: DoctorOptions): Promise<number> {
  const settings = await readStack(options.stack);
  const problems = await findMachineProblems(options.stack);
  const environment = (await readCluster()) === undefined ? undefined : await readStatus(settings);
  const ok = problems.length === 0 && (environment?.ok ?? true);
  print(options, { ok, machine: problems, environment }, renderDiagnosis(problems, environment));
  return ok ? 0 : 1;
}

async function findMachineProblems(stack: string): Promise<readonly Problem[]> {
  try {
    await checkLocalMachine(await readStack(stack));
    return [];
  } catch (error) {
    if (error instanceof ClusterError) return error.problems;
    throw error;
  }
}

/** The machine first, then the environment where one stands. Pure. */
export function renderDiagnosis(problems: readonly Problem[], environment: StatusView | undefined): string {
  const machine =
    problems.length === 0
      ? ["✓ this machine can carry the local environment"]
      : problems.flatMap(({ code, message, next }) => [`✗ ${code}: ${message}`, `  next: ${next}`]);
  const stands = environment ? renderStatus(environment) : "no local environment yet; next: npm run up";
  return [...machine, "", stands].join("\n");
}
