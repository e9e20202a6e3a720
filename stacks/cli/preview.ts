// `rampa preview`: what `rampa up` would change and what a person decides by; judged by the policies, changes nothing.
import { isBlocked } from "../preview/decision.ts";
import { decisionMarkdown, decisionText } from "../preview/decision-text.ts";
import { type OutputOptions, print } from "./output.ts";
import { type Preview, planPlatform, previewPlatform } from "./platform-stack.ts";
import { chooseDisplay } from "./run-steps.ts";
import { readStack } from "./stack-file.ts";

export type PreviewOptions = OutputOptions & {
  readonly stack: string;
  readonly markdown?: boolean;
  readonly offline?: boolean;
};

/** Exit code 1 when something stands against the deployment. */
export async function runPreview(options: PreviewOptions): Promise<number> {
  const settings = await readStack(options.stack);
  const display = chooseDisplay(options.json === true || options.markdown === true);
  const progress = { report: (line: string) => display.write(line) };
  const preview = options.offline
    ? await planPlatform(options.stack, progress)
    : await previewPlatform(settings, progress);
  const { changes, decision } = preview;
  const ready = preview.violation === undefined && !isBlocked(decision);
  const text = options.markdown ? decisionMarkdown(decision) : toText(preview);
  print(options, { changes, ready, ...decision }, text);
  return ready ? 0 : 1;
}

function toText({ changes, decision, violation }: Preview): string {
  const counts = Object.entries(changes).map(([kind, count]) => `${count} ${kind}`);
  const end = violation === undefined ? [] : [`Next: ${violation.next}`];
  return [`Resources: ${counts.join(", ") || "none"}`, decisionText(decision), ...end].join("\n");
}
