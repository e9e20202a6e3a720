// Writes down what each stack with an AWS half consists of, as text that a review can read.
import { join } from "node:path";
import { planStacks } from "../policies/harness/plan-stacks.ts";
import type { RecordedResource } from "../policies/harness/record-resources.ts";

export type WrittenPlan = {
  /** Inside the checkout. */
  readonly path: string;
  readonly text: string;
};

const checkout = join(import.meta.dirname, "..");

/** One text a stack: every resource below its component. Throws where a stack cannot be planned. */
export async function writePlans(stacks: readonly string[]): Promise<readonly WrittenPlan[]> {
  const planned = await planStacks(checkout, stacks);
  return planned.map(({ stack, record }) => {
    if (record.kind === "failed") throw new Error(`stack ${stack} cannot be planned: ${record.reason}`);
    return { path: `stacks/plans/${stack}.txt`, text: planText(stack, record.resources) };
  });
}

function planText(stack: string, resources: readonly RecordedResource[]): string {
  const head = `# What stack ${stack} consists of: ${resources.length} resources, each below its component. Written by \`npm run schema\`.`;
  return `${[head, ...treeOf(resources, "", 0)].join("\n")}\n`;
}

/** Sorted: the order of registration is that in which promises settle. */
function treeOf(resources: readonly RecordedResource[], parent: string, depth: number): readonly string[] {
  return resources
    .filter((it) => it.parent === parent)
    .toSorted((a, b) => (lineOf(a) < lineOf(b) ? -1 : 1))
    .flatMap((it) => [`${"  ".repeat(depth)}${lineOf(it)}`, ...treeOf(resources, it.urn, depth + 1)]);
}

function lineOf({ name, type, protect, retainOnDelete }: RecordedResource): string {
  const marks = [...(protect ? ["protected"] : []), ...(retainOnDelete ? ["kept when removed"] : [])];
  return `${name}  ${type}${marks.length > 0 ? `  (${marks.join(", ")})` : ""}`;
}
