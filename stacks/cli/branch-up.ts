// `rampa branch up`: a preview environment of a git branch, beside the stack that it comes from.
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { InvariantError } from "../../components/kit/invariant-error.ts";
import { renderBranchFile } from "../branch/branch-file.ts";
import { type BranchNames, isBranchStack } from "../branch/branch-name.ts";
import { type BranchImage, deriveConfig } from "../branch/derive-config.ts";
import { expiryOf } from "../branch/time-to-live.ts";
import { prepareRuntimeImage } from "../local/images/runtime-image.ts";
import { paths } from "../local/paths.ts";
import type { Progress } from "../local/progress.ts";
import { parseStackSettings, type StackSettings, stackFilePath } from "../settings.ts";
import { chooseBranch, readBranch, writeBranchFile } from "./branch-files.ts";
import { withChangeLock } from "./change-lock.ts";
import { CliError } from "./cli-error.ts";
import { fetchModel } from "./fetch-models.ts";
import type { OutputOptions } from "./output.ts";
import { hasStack } from "./platform-stack.ts";
import { chooseDisplay, runSteps } from "./run-steps.ts";
import { fetchesOf, listStacks, readStack } from "./stack-file.ts";
import { runUp } from "./up.ts";

export type BranchUpOptions = OutputOptions & {
  /** The one that is checked out when left out. */
  readonly branch?: string;
  /** Where it came from before, or `dev`, when left out. */
  readonly from?: string;
  /** Milliseconds. */
  readonly ttl: number;
};

const DEFAULT_BASE = "dev";

export async function runBranchUp(options: BranchUpOptions): Promise<number> {
  const names = await chooseBranch(options.branch);
  const about = await withChangeLock("branch up", () => prepareBranch(names, options));
  if (!options.json) {
    process.stdout.write(
      `Preview of ${about.branch} from ${about.from}: ${about.stack}, until ${about.expires}\n`,
    );
  }
  return await runUp({ stack: names.stack, about, json: options.json === true });
}

type About = BranchNames & { readonly from: string; readonly expires: string };

/** Writes the stack's file; from here on everything can be taken back by `rampa branch down`. */
async function prepareBranch(names: BranchNames, { from, ttl, json }: BranchUpOptions): Promise<About> {
  const base = await chooseBase(names, from);
  const config = await readConfig(base.stack);
  await refuseTakenNamespace(names);
  const image =
    base.environment === "local" && base.image === undefined ? await buildImage(base, json) : undefined;
  const expires = expiryOf(new Date(), ttl);
  const derived = deriveConfig({ names, config, base, expires, ...(image && { image }) });
  parseStackSettings(derived, names.stack);
  await writeBranchFile(names.stack, renderBranchFile(derived, base.stack));
  return { ...names, from: base.stack, expires };
}

async function chooseBase(names: BranchNames, wanted: string | undefined): Promise<StackSettings> {
  const before = await readBranch(names);
  const from = wanted ?? before?.from ?? DEFAULT_BASE;
  const bases = listStacks().filter((it) => !isBranchStack(it));
  if (!bases.includes(from)) {
    const message = `--from: got ${from}, want one of: ${bases.join(", ")}`;
    throw new CliError("cli.usage", message, "name a stack that is no preview environment");
  }
  if (before !== undefined && before.from !== from && hasStack(names.stack)) {
    throw new CliError(
      "cli.usage",
      `--from: got ${from}, but the preview of ${names.branch} stands beside ${before.from}`,
      `npm run rampa -- branch down --branch ${names.branch}`,
    );
  }
  return await readStack(from);
}

const fileSchema = z.object({ config: z.record(z.string(), z.unknown()) });

async function readConfig(stack: string): Promise<Readonly<Record<string, unknown>>> {
  return fileSchema.parse(parse(await readFile(stackFilePath(paths.checkout, stack), "utf8"))).config;
}

/** A branch called `dev` would otherwise move into the namespace of the stack `dev`. */
async function refuseTakenNamespace({ branch, namespace, stack }: BranchNames): Promise<void> {
  for (const other of listStacks().filter((it) => it !== stack && !isBranchStack(it))) {
    if ((await readConfig(other))["rampa:namespace"] !== namespace) continue;
    const message = `--branch: got ${branch}, whose namespace ${namespace} belongs to the stack ${other}`;
    throw new CliError("cli.usage", message, "name another branch by --branch NAME");
  }
}

/** The local cluster's images and weights come from this machine. */
async function buildImage(base: StackSettings, json: boolean | undefined): Promise<BranchImage> {
  const built: { image?: BranchImage } = {};
  const build = {
    title: "Build the runtime",
    run: async (progress: Progress): Promise<void> => {
      const { repository, digest, sbomDigest, bundlePath } = await prepareRuntimeImage({
        deliver: true,
        progress,
      });
      built.image = { repository, digest, sbomDigest };
      for (const artefact of fetchesOf(base)) await fetchModel(bundlePath, artefact, progress);
    },
  };
  await runSteps([build], chooseDisplay(json === true));
  if (built.image === undefined) throw new InvariantError("the step ended without an image");
  return built.image;
}
