// The verbs of the rampa command with their options; each verb's work is imported only when it runs.
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { addBranchVerbs } from "./branch-verbs.ts";
import { ANSWER_VERB, runCompletion, SHELLS } from "./completion.ts";
import { addDataVerbs } from "./data-verbs.ts";
import { DEFAULT_STACK } from "./next-command.ts";
import { addPipelineVerbs } from "./pipeline-verbs.ts";

/** Called with the exit code of the verb that ran. */
export type OnExit = (code: number) => void;

/** Every verb, e.g. `up` and `key show`, with the names of its options; the reader of docs and completion. */
export type VerbShape = { readonly name: string; readonly options: readonly string[] };

export function buildProgram(version: string, onExit: OnExit): Command {
  const program = new Command("rampa")
    .description("Environments for serving AI models, from one typed program")
    .version(version, "-V, --rampa-version", "print the version of this checkout")
    .showHelpAfterError("Next: npm run rampa -- --help")
    .showSuggestionAfterError()
    .exitOverride();
  addChangeVerbs(program, onExit);
  addReadVerbs(program, onExit);
  addUseVerbs(program, onExit);
  addBranchVerbs(program, onExit);
  addDataVerbs(verb, program, onExit);
  addPipelineVerbs(verb, program, onExit);
  return program;
}

function addChangeVerbs(program: Command, onExit: OnExit): void {
  verb(program, "up")
    .description("create or update the environment; on a bare machine, everything it needs")
    .option("-y, --yes", "accepted for scripts; up never asks")
    .action(async (options) => onExit(await (await import("./up.ts")).runUp(options)));
  verb(program, "preview")
    .description("show what up would change: cost, GPUs, rollout, policies, approvals; changes nothing")
    .option("--markdown", "answer with Markdown for the comment on a pull request")
    .option("--offline", "plan with built-in providers; neither cloud nor cluster is asked")
    .action(async (options) => onExit(await (await import("./preview.ts")).runPreview(options)));
  verb(program, "render")
    .description("write every Kubernetes manifest of a stack as one YAML file an object, without a cluster")
    .requiredOption("-o, --out <folder>", "folder to write to; new, empty, or of an earlier render")
    .action(async (options) => onExit(await (await import("./render.ts")).runRender(options)));
  verb(program, "promote")
    .description("take over the image that the environment before runs, into the stack's file")
    .option("--dry-run", "say what would change and write nothing")
    .action(async (options) => onExit(await (await import("./promote.ts")).runPromote(options)));
  verb(program, "down")
    .description("remove the environment; caches of tools and models and the rows of local stores stay")
    .option("--purge", "also remove its state, its logs and those rows under .rampa")
    .action(async (options) => onExit(await (await import("./down.ts")).runDown(options)));
}

function addReadVerbs(program: Command, onExit: OnExit): void {
  verb(program, "status")
    .description("what works, what does not and the next command")
    .action(async (options) => onExit(await (await import("./status.ts")).runStatus(options)));
  verb(program, "doctor")
    .description("whether this machine can carry the local environment")
    .action(async (options) => onExit(await (await import("./doctor.ts")).runDoctor(options)));
  verb(program, "logs")
    .description("last lines of all pods, or of one pod or cluster part")
    .argument("[name]", "pod, deployment or cluster part, e.g. gateway or kubelet")
    .option("-f, --follow", "go on with what comes; with --json, one document a line")
    .addOption(new Option("-n, --lines <count>", "how many lines of the past").argParser(toCount).default(40))
    .action(async (name, options) => onExit(await (await import("./logs.ts")).runLogs(name, options)));
}

function addUseVerbs(program: Command, onExit: OnExit): void {
  verb(program, "chat")
    .description("ask an endpoint; without a text, a conversation that an empty line ends")
    .argument("[text]", "what to ask")
    .option("-m, --model <endpoint>", "endpoint to ask; the first one when left out")
    .option("--version <version>", "ask this version in place of the weighted choice")
    .addOption(
      new Option(
        "--max-tokens <count>",
        "longest answer, in tokens; the model's own limit when left out",
      ).argParser(toCount),
    )
    .action(async (text, options) => onExit(await (await import("./chat.ts")).runChat(text, options)));
  const key = program.command("key").description("client keys");
  verb(key, "show")
    .description("print the newest client key of the local stack")
    .action(async (options) => onExit(await (await import("./key.ts")).runKeyShow(options)));
  verb(program, "env")
    .description(
      'print lines for eval "$(npm run -s rampa -- env)": then pulumi, kubectl and rampa act on this checkout',
    )
    .action(async (options) => onExit(await (await import("./env.ts")).runEnv(options)));
  verb(program, "completion")
    .description("print a script that completes rampa's words in a shell")
    .addArgument(new Argument("<shell>", "the shell it is for").choices(SHELLS))
    .action(async (shell, options) => onExit(await runCompletion(shell, options)));
  program
    .command(ANSWER_VERB, { hidden: true })
    .argument("[words...]")
    .action(async (words) => onExit(await (await import("./complete.ts")).runComplete(program, words)));
}

function verb(parent: Command, name: string): Command {
  return parent
    .command(name)
    .option("-s, --stack <name>", "stack to act on: stacks/Pulumi.<name>.yaml", DEFAULT_STACK)
    .option("--json", "answer with one JSON document");
}

function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("want a whole number from 1 up.");
  return count;
}

/** Leaves of the command tree that help shows, in order. */
export function listVerbs(command: Command, prefix: readonly string[] = []): readonly VerbShape[] {
  const shown = command.createHelp().visibleCommands(command);
  const children = command.commands.filter((child) => shown.includes(child));
  return children.flatMap((child) => {
    const path = [...prefix, child.name()];
    if (child.commands.length > 0) return listVerbs(child, path);
    const options = child.options
      .flatMap(({ long, short }) => [long, short])
      .filter((it) => it !== undefined);
    return [{ name: path.join(" "), options }];
  });
}
