// The shell commands of a Markdown document, as lists of words. Pure.

/** Every command of the document's `sh` blocks; comments and empty lines left out. */
export function commandsOf(markdown: string): readonly string[] {
  const blocks = [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  return blocks
    .flatMap((block) => (block[1] ?? "").split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

export type RampaCall = { readonly words: readonly string[] };

/** The arguments of `rampa` in a command: behind `npm run … --`, or behind the scripts `up` and `down`. */
export function rampaCallOf(command: string): RampaCall | undefined {
  const viaVerb = /npm run (?:-s )?rampa -- ([^)"]+(?:"[^"]*"[^)"]*)*)/.exec(command)?.[1];
  if (viaVerb !== undefined) return { words: toWords(viaVerb) };
  const script = /npm run (up|down)(?: -- (.*))?$/.exec(command);
  return script?.[1] === undefined ? undefined : { words: [script[1], ...toWords(script[2] ?? "")] };
}

function toWords(text: string): readonly string[] {
  return (text.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
}
