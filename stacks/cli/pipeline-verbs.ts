// The verbs below `rampa pipeline`: what a job of continuous integration runs, on whatever system.
import { type Command, InvalidArgumentError } from "commander";

/** Where GitHub's own jobs comment from. */
const JOB_AUTHOR = "github-actions[bot]";
const WATCH_MINUTES = 15;

type OnExit = (code: number) => void;
type AddVerb = (parent: Command, name: string) => Command;

export function addPipelineVerbs(verb: AddVerb, program: Command, onExit: OnExit): void {
  const pipeline = program.command("pipeline").description("steps of a delivery pipeline, on any system");
  addReviewVerbs((name) => verb(pipeline, name), onExit);
  addImageVerbs((name) => verb(pipeline, name), onExit);
  addDeployVerbs((name) => verb(pipeline, name), onExit);
}

function addReviewVerbs(verb: (name: string) => Command, onExit: OnExit): void {
  verb("dependencies")
    .description("checksums, licences and install scripts of all packages, from the lockfile")
    .action(async (options) =>
      onExit(await (await import("../pipeline/dependencies.ts")).runDependencies(options)),
    );
  verb("comment")
    .description("put a preview on the pull request, in place of the stack's earlier one")
    .requiredOption("-f, --file <path>", "what `rampa preview --markdown` printed")
    .option("--pull <number>", "pull request; the one of the job when left out", toNumber)
    .option("--author <login>", "who comments; comments of others are left alone", JOB_AUTHOR)
    .action(async (options) => onExit(await (await import("../pipeline/comment.ts")).runComment(options)));
}

function addImageVerbs(verb: (name: string) => Command, onExit: OnExit): void {
  verb("publish")
    .description("build the image once, push it by digest, sign it with provenance and bill of materials")
    .requiredOption("-o, --out <folder>", "where bill of materials and provenance are written to")
    .action(async (options) => onExit(await (await import("../pipeline/publish.ts")).runPublish(options)));
  verb("verify")
    .description(
      "refuse the stack's image unless it is signed, described and built by who must have built it",
    )
    .option("--key <file>", "public key in PEM whose signature counts")
    .option("--identity <url>", "workflow whose signature counts, checked by cosign")
    .option("--issuer <url>", "who vouches for that identity; GitHub when left out")
    .option("--builder <url>", "builder that the provenance must name; any when left out")
    .action(async (options) =>
      onExit(await (await import("../pipeline/verify-image.ts")).runVerify(options)),
    );
  verb("pin")
    .description("write a digest into the stack's file")
    .requiredOption("--digest <digest>", "what `pipeline publish` built")
    .action(async (options) => onExit(await (await import("../pipeline/pin.ts")).runPin(options)));
}

function addDeployVerbs(verb: (name: string) => Command, onExit: OnExit): void {
  verb("running")
    .description("note what the stack runs, before it is changed")
    .requiredOption("-o, --out <file>", "where the note is written to")
    .action(async (options) => onExit(await (await import("../pipeline/running.ts")).runRunning(options)));
  verb("watch")
    .description("look at a fresh deployment for some minutes: readiness and error rate of the gateway")
    .option("--minutes <count>", "how long", toNumber, WATCH_MINUTES)
    .action(async (options) => onExit(await (await import("../pipeline/watch.ts")).runWatch(options)));
  verb("rollback")
    .description("go back to the image that ran before a deployment that failed")
    .requiredOption("--before <file>", "what `pipeline running` wrote before the deployment")
    .action(async (options) => onExit(await (await import("../pipeline/rollback.ts")).runRollback(options)));
  verb("record")
    .description("commit the stack's file, so that the repository says what runs")
    .option("--branch <name>", "branch to commit to", "main")
    .action(async (options) => onExit(await (await import("../pipeline/record.ts")).runRecord(options)));
}

function toNumber(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("want a whole number from 1 up.");
  return count;
}
