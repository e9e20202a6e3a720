// Reads the token usage from the end of an answer as it passes, without parsing or changing the rest.

export type TokenCounts = {
  /** Left out where only the output could be counted. */
  readonly input?: number;
  readonly output: number;
};

/** Usage stands in the last object of an answer or the last frame of a stream; logprobs may follow it. */
const KEPT_BYTES = 8 * 1024;
const FIELD = '"usage":';

export type UsageTail = {
  readonly push: (chunk: Buffer) => void;
  readonly read: () => TokenCounts | undefined;
};

export function createUsageTail(): UsageTail {
  let chunks: Buffer[] = [];
  let bytes = 0;
  return {
    push: (chunk) => {
      if (chunk.length >= KEPT_BYTES) {
        chunks = [chunk.subarray(chunk.length - KEPT_BYTES)];
        bytes = KEPT_BYTES;
        return;
      }
      chunks.push(chunk);
      bytes += chunk.length;
      while (chunks[0] && bytes - chunks[0].length >= KEPT_BYTES) {
        bytes -= chunks[0].length;
        chunks.shift();
      }
    },
    read: () => findUsage(Buffer.concat(chunks).toString("utf8")),
  };
}

/** Inside a JSON string the quotes would be escaped, so an answer that quotes this field is not mistaken for it. */
function findUsage(text: string): TokenCounts | undefined {
  for (let at = text.lastIndexOf(FIELD); at !== -1; at = at === 0 ? -1 : text.lastIndexOf(FIELD, at - 1)) {
    const counts = parseCounts(text.slice(at + FIELD.length));
    if (counts) return counts;
  }
  return undefined;
}

const COUNT = (name: string): RegExp => new RegExp(`"(?:${name})":\\s*(\\d{1,12})`);
/** Chat and completions say prompt/completion, responses say input/output. */
const INPUT = COUNT("prompt_tokens|input_tokens");
const OUTPUT = COUNT("completion_tokens|output_tokens");

function parseCounts(rest: string): TokenCounts | undefined {
  if (!rest.trimStart().startsWith("{")) return undefined;
  const input = INPUT.exec(rest)?.[1];
  if (input === undefined) return undefined;
  return { input: Number(input), output: Number(OUTPUT.exec(rest)?.[1] ?? 0) };
}
