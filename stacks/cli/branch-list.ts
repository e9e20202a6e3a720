// `rampa branch list`: the preview environments of this checkout, read off their files.
import { isExpired } from "../branch/time-to-live.ts";
import { listBranches } from "./branch-files.ts";
import { type OutputOptions, print } from "./output.ts";
import { hasStack } from "./platform-stack.ts";

export type BranchRow = {
  readonly stack: string;
  readonly branch: string;
  readonly from: string;
  readonly namespace: string;
  readonly expires: string;
  readonly isExpired: boolean;
  /** Whether there is a state: else nothing was created, or all of it is gone. */
  readonly isDeployed: boolean;
};

export async function runBranchList(options: OutputOptions): Promise<number> {
  const now = new Date();
  const rows = (await listBranches()).map(({ stack, mark: { name: branch, ...mark } }): BranchRow => {
    return { stack, branch, ...mark, isExpired: isExpired(mark.expires, now), isDeployed: hasStack(stack) };
  });
  print(options, { branches: rows }, listText(rows));
  return 0;
}

export function listText(rows: readonly BranchRow[]): string {
  if (rows.length === 0) return "no preview environments\nNext: npm run rampa -- branch up";
  const lines = rows.map(({ stack, branch, from, expires, isExpired: isOver, isDeployed }) => {
    const time = isOver ? `over since ${expires}` : `until ${expires}`;
    return `${stack}  ${time}  of ${branch}, from ${from}${isDeployed ? "" : ", not deployed"}`;
  });
  const isAnyOver = rows.some((row) => row.isExpired);
  return [...lines, ...(isAnyOver ? ["Next: npm run rampa -- branch clean"] : [])].join("\n");
}
