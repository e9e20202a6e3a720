// `rampa preview`: what `rampa up` would change, judged by the policy pack; changes nothing.
import { ensureEngine } from "../local/engine/engine.ts";
import { type OutputOptions, print } from "./output.ts";
import { previewPlatform } from "./platform-stack.ts";
import { chooseDisplay } from "./run-steps.ts";
import { readStack } from "./stack-file.ts";

export type PreviewOptions = OutputOptions & { readonly stack: string };

export async function runPreview(options: PreviewOptions): Promise<number> {
  await readStack(options.stack);
  const display = chooseDisplay(options.json === true);
  const progress = { report: (line: string) => display.write(line) };
  await ensureEngine(progress);
  const changes = await previewPlatform(options.stack, progress);
  const counts = Object.entries(changes).map(([kind, count]) => `${count} ${kind}`);
  print(options, { changes }, counts.join(", ") || "no resources");
  return 0;
}
