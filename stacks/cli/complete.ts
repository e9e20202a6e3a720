// The answer to a shell that completes a line of rampa: words of the command tree, and names out of the stack files.
import type { Command } from "commander";
import { workloadName } from "../../components/kit/names.ts";
import { ConfigError } from "../../serving/contract/config-error.ts";
import { type StackSettings, versionNames } from "../settings.ts";
import { CliError } from "./cli-error.ts";
import { type Blank, chooseWords, findFitting } from "./complete-words.ts";
import { DEFAULT_STACK } from "./next-command.ts";
import { listStacks, readStack } from "./stack-file.ts";

/** Prints what fits, one word a line; asks neither engine nor cluster, so that a key press is answered at once. */
export async function runComplete(program: Command, words: readonly string[]): Promise<number> {
  const fitting = findFitting(program, words);
  const candidates = "words" in fitting ? fitting.words : await fillBlank(fitting.blank);
  const chosen = chooseWords(candidates, words.at(-1) ?? "");
  process.stdout.write(chosen.map((word) => `${word}\n`).join(""));
  return 0;
}

async function fillBlank({ kind, name, stack = DEFAULT_STACK }: Blank): Promise<readonly string[]> {
  if (kind === "option" && name === "stack") return listStacks();
  const settings = await readIfValid(stack);
  const endpoints = Object.entries(settings?.endpoints ?? {});
  const versions = endpoints.flatMap(([endpoint, it]) =>
    versionNames(it).map((version) => ({ endpoint, version, hasPods: version in it.versions })),
  );
  const withPods = versions.filter(({ hasPods }) => hasPods);
  switch (`${kind} ${name}`) {
    case "option model":
      return endpoints.map(([endpoint]) => endpoint);
    case "option version":
      return [...new Set(versions.map(({ version }) => version))];
    case "argument name":
      return ["gateway", ...withPods.map(({ endpoint, version }) => workloadName(endpoint, version))];
    default:
      return [];
  }
}

/** A stack file with faults, or none, completes nothing; the verb itself reports it. */
async function readIfValid(stack: string): Promise<StackSettings | undefined> {
  try {
    return await readStack(stack);
  } catch (error) {
    if (error instanceof ConfigError || error instanceof CliError) return undefined;
    throw error;
  }
}
