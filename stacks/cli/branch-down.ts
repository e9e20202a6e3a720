// `rampa branch down` and `clean`: preview environments removed with all that they left, here and in their cluster.
import { isExpired } from "../branch/time-to-live.ts";
import { type BranchStack, chooseBranch, listBranches, readBranch, removeRemains } from "./branch-files.ts";
import { withChangeLock } from "./change-lock.ts";
import { CliError } from "./cli-error.ts";
import { type OutputOptions, print } from "./output.ts";
import { destroyPlatform, forgetPlatform, hasStack } from "./platform-stack.ts";
import { reportFailure } from "./report-failure.ts";
import { chooseDisplay, runSteps, type Step } from "./run-steps.ts";
import { readStack } from "./stack-file.ts";
import { renderShares, type StepTime } from "./step-lines.ts";

export type BranchDownOptions = OutputOptions & {
  /** The one that is checked out when left out. */
  readonly branch?: string;
  readonly forget?: boolean;
};

/** Safe to repeat; after a kill it goes on where it was. */
export async function runBranchDown(options: BranchDownOptions): Promise<number> {
  const names = await chooseBranch(options.branch);
  const { branch, stack } = names;
  return await withChangeLock("branch down", async () => {
    if ((await readBranch(names)) === undefined) {
      refuseOrphan(branch, stack);
      print(options, { stack, isRemoved: false }, `nothing to remove: ${branch} has no preview environment`);
      return 0;
    }
    const steps = await remove(stack, options);
    print(options, { stack, isRemoved: true, steps }, `\n${renderShares(steps)}\n\n${stack} is gone`);
    return 0;
  });
}

/** The file says by which cluster it stands, and that it is ours. */
function refuseOrphan(branch: string, stack: string): void {
  if (!hasStack(stack)) return;
  const message = `the stack ${stack} has a state but no file stacks/Pulumi.${stack}.yaml, so nothing was changed`;
  throw new CliError(
    "cli.nothing-here",
    message,
    `npm run rampa -- branch up --branch ${branch}, then branch down`,
  );
}

async function remove(
  stack: string,
  { forget, json }: Pick<BranchDownOptions, "forget" | "json">,
): Promise<readonly StepTime[]> {
  const destroy: Step = {
    title: "Remove the platform",
    stopsInOrder: true,
    run: async (progress) => destroyPlatform(await readStack(stack), progress),
  };
  const clear: Step = {
    title: "Forget the stack",
    run: async () => {
      await forgetPlatform(stack);
      await removeRemains(stack);
    },
  };
  return await runSteps(forget === true ? [clear] : [destroy, clear], chooseDisplay(json === true));
}

type Failed = { readonly stack: string; readonly error: ReturnType<typeof reportFailure> };

/** Goes on after a failure; exit code 1 where one remained. */
export async function runBranchClean(options: OutputOptions): Promise<number> {
  return await withChangeLock("branch clean", async () => {
    const all = await listBranches();
    const over = all.filter(({ mark }) => isExpired(mark.expires, new Date()));
    const removed: string[] = [];
    const failed: Failed[] = [];
    for (const { stack } of over) {
      try {
        await remove(stack, options);
        removed.push(stack);
      } catch (error) {
        if (error instanceof CliError && error.code === "cli.interrupted") throw error;
        failed.push({ stack, error: reportFailure(error) });
      }
    }
    const kept = all.filter((it) => !over.includes(it)).map(({ stack }) => stack);
    const document = { removed, kept, failed: failed.map(({ stack, error }) => ({ stack, ...error.json })) };
    print(options, document, cleanText(removed, kept, failed));
    return failed.length === 0 ? 0 : 1;
  });
}

function cleanText(
  removed: readonly string[],
  kept: readonly BranchStack["stack"][],
  failed: readonly Failed[],
): string {
  const head = `removed: ${removed.join(", ") || "none"}; not over yet: ${kept.join(", ") || "none"}`;
  return [head, ...failed.map(({ stack, error }) => `✗ ${stack}: ${error.text}`)].join("\n");
}
