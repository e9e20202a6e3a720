// `npm run policy`: judges every stack by the pack in seconds, without cloud, cluster or engine.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isClean, judgeStacks, type StackVerdict, unknownStacks } from "./judge-stacks.ts";
import { policyPackFolder } from "./pack-folder.ts";

const USAGE = `Usage: npm run policy -- [options]
  --stack NAME     judge this stack only; may be given several times
  --project DIR    folder with Pulumi.yaml (this checkout when left out)
  --pack DIR       folder with PulumiPolicy.yaml (policies when left out)
  --json           print the result as JSON
Exit code: 0 nothing mandatory, 1 a mandatory finding or a stack that cannot be planned, 2 wrong usage.`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === "string") {
    process.stderr.write(`${options}\n${USAGE}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const verdicts = await judgeStacks(options);
  process.stdout.write(
    options.json ? `${JSON.stringify({ stacks: verdicts }, null, 2)}\n` : toText(verdicts),
  );
  return isClean(verdicts) ? 0 : 1;
}

type Options = {
  readonly project: string;
  readonly pack: string;
  readonly stacks?: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
};

/** The options, or what is wrong with them. */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        stack: { type: "string", multiple: true },
        project: { type: "string", default: resolve(import.meta.dirname, "..") },
        pack: { type: "string", default: policyPackFolder },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const strangers = unknownStacks(values.project, values.stack ?? []);
    if (strangers.length > 0) return `no file for stack ${strangers.join(", ")}`;
    const { stack, ...rest } = values;
    return {
      ...rest,
      ...(stack && { stacks: stack }),
      project: resolve(values.project),
      pack: resolve(values.pack),
    };
  } catch (error) {
    // parseArgs names the option; a missing project file names its path.
    return error instanceof Error ? error.message : String(error);
  }
}

function toText(verdicts: readonly StackVerdict[]): string {
  const blocks = verdicts.map((verdict) => [headline(verdict), ...details(verdict)].join("\n"));
  return `${blocks.join("\n")}\n`;
}

function headline({ stack, resources, violations, exemptions, durationMs, failure }: StackVerdict): string {
  if (failure !== undefined) return `${stack}: cannot be planned (${seconds(durationMs)})`;
  const mandatory = violations.filter(({ level }) => level === "mandatory").length;
  const counts = `${mandatory} mandatory, ${violations.length - mandatory} advisory, ${exemptions.length} exempted`;
  return `${stack}: ${resources} resources, ${counts} (${seconds(durationMs)})`;
}

function details({ violations, exemptions, failure }: StackVerdict): readonly string[] {
  if (failure !== undefined) return failure.split("\n").map((line) => `  ${line}`);
  return [...violations, ...exemptions].flatMap(({ level, rule, severity, urn, message, fix }) => [
    `  ${level} ${rule} (${severity})`,
    `    ${urn}`,
    `    ${message}`,
    ...(fix === "" ? [] : [`    Fix: ${fix}`]),
  ]);
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
