// `rampa promote`: writes into a stack's file the image digest that the environment before it runs.
import { readFile } from "node:fs/promises";
import { isScalar, parseDocument } from "yaml";
import { paths } from "../local/paths.ts";
import { withRollback } from "../pipeline/stack-file-edit.ts";
import { findDrift, type Release, releaseOf } from "../release.ts";
import { replaceFile } from "../replace-file.ts";
import { stackFilePath } from "../settings.ts";
import { CliError } from "./cli-error.ts";
import { type OutputOptions, print } from "./output.ts";
import { readRelease } from "./platform-stack.ts";
import { readStack } from "./stack-file.ts";

export type PromoteOptions = OutputOptions & { readonly stack: string; readonly dryRun?: boolean };

export async function runPromote(options: PromoteOptions): Promise<number> {
  const settings = await readStack(options.stack);
  const from = settings.promotion?.from;
  if (from === undefined) {
    throw new CliError(
      "cli.usage",
      `--stack: got ${options.stack}, want a stack with \`rampa:promotion\``,
      `set rampa:promotion: { from: STACK } in stacks/Pulumi.${options.stack}.yaml`,
    );
  }
  const source = await readRelease(from);
  const before = settings.image?.digest;
  const isMoved = before !== source.imageDigest;
  if (isMoved && options.dryRun !== true) await writeDigest(options.stack, source.imageDigest);
  const rest = findDrift(releaseOf(settings, source.imageDigest), source, from);
  const result = { stack: options.stack, from, before, after: source.imageDigest, isMoved, rest };
  print(options, result, toText(result, options.dryRun === true));
  return rest.length === 0 ? 0 : 1;
}

type Result = {
  readonly stack: string;
  readonly from: string;
  readonly before: string | undefined;
  readonly after: Release["imageDigest"];
  readonly isMoved: boolean;
  /** What still differs and a person has to decide. */
  readonly rest: ReturnType<typeof findDrift>;
};

function toText({ stack, from, before, after, isMoved, rest }: Result, isDryRun: boolean): string {
  const moved = isDryRun ? "would move" : "moved";
  const head = isMoved
    ? `${stack}: image ${moved} from ${before ?? "none"} to ${after}, which runs in ${from}`
    : `${stack}: the image is already the one of ${from}, ${after}`;
  const problems = rest.map(({ path, got, want }) => `  ${path}: got ${got}, want ${want}`);
  const next = rest.length === 0 ? `npm run rampa -- preview --stack ${stack}` : "correct the stack file";
  return [head, ...problems, `Next: ${next}`].join("\n");
}

/** Ends a rollback. */
export async function writeDigest(stack: string, digest: string): Promise<void> {
  const file = stackFilePath(paths.checkout, stack);
  await replaceFile(file, withRollback(withDigest(await readFile(file, "utf8"), digest), undefined));
}

const DIGEST = ["config", "rampa:image", "digest"];

/** A stack file with another digest; where it has one, every other character stays. Pure. */
export function withDigest(text: string, digest: string): string {
  const document = parseDocument(text);
  const node = document.getIn(DIGEST, true);
  if (isScalar(node) && node.range) return text.slice(0, node.range[0]) + digest + text.slice(node.range[1]);
  document.setIn(DIGEST, digest);
  return document.toString({ lineWidth: 0 });
}
