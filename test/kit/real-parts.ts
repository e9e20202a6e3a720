// Brings what the real tests need (engine, cluster programs, runtime bundle) through the project's own set-up.
import { buildBundle } from "../../serving/bundle.ts";
import { ensureClusterBinaries } from "../../stacks/local/cluster/binaries.ts";
import { ensureEngine } from "../../stacks/local/engine/engine.ts";
import type { Progress } from "../../stacks/local/progress.ts";
import { NONE, type Totals } from "./test-totals.ts";

const SHOW_EVERY_MS = 5_000;

/** What can't be had counts as one failure each, so that the run goes on with the tests that need less. */
export async function prepareRealParts(): Promise<Totals> {
  const parts: readonly { readonly name: string; bring(progress: Progress): Promise<unknown> }[] = [
    { name: "Pulumi engine", bring: (progress) => ensureEngine(progress) },
    { name: "cluster programs", bring: (progress) => ensureClusterBinaries(progress) },
    { name: "runtime bundle", bring: () => buildBundle() },
  ];
  let failed = 0;
  for (const { name, bring } of parts) {
    try {
      await bring(slowly(name));
      console.log(`✓ ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`✗ ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { ...NONE, failed };
}

function slowly(name: string): Progress {
  let last = performance.now();
  return {
    report(line) {
      if (performance.now() - last < SHOW_EVERY_MS) return;
      last = performance.now();
      console.log(`  ${name}: ${line}`);
    },
  };
}
