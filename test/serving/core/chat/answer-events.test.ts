// The one path from engine events to answers: stop strings, finish reasons, usage.
import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../../../serving/contract/generation.ts";
import { type AnswerEvent, toAnswer } from "../../../../serving/core/chat/answer-events.ts";
import type { ModelCall } from "../../../../serving/core/chat/model-call.ts";

const call = (stop: readonly string[], echo = ""): ModelCall => ({
  stream: false,
  includeUsage: false,
  stop,
  echo,
  request: {
    prompt: { kind: "text", text: "p" },
    maxTokens: undefined,
    sampling: {
      temperature: 0,
      topP: 1,
      topK: 0,
      minP: 0,
      seed: 0,
      frequencyPenalty: 0,
      presencePenalty: 0,
      logitBias: [],
    },
    format: { kind: "text" },
    topLogprobs: undefined,
  },
});

async function run(
  modelCall: ModelCall,
  texts: readonly string[],
  end?: "stop" | "length",
): Promise<{ events: AnswerEvent[]; wasFreed: boolean }> {
  let wasFreed = false;
  async function* engine(): AsyncGenerator<EngineEvent> {
    try {
      yield { kind: "prompt", promptTokens: 9, cachedTokens: 4 };
      for (const text of texts) yield { kind: "token", text };
      if (end !== undefined) yield { kind: "end", reason: end };
    } finally {
      wasFreed = true;
    }
  }
  const events = await Array.fromAsync(toAnswer(modelCall, engine()));
  return { events, wasFreed };
}

const textOf = (events: readonly AnswerEvent[]): string =>
  events.map((event) => (event.kind === "delta" ? event.text : "")).join("");

describe("an answer", () => {
  it("ends at a stop string, counts its tokens and frees the engine", async () => {
    const { events, wasFreed } = await run(call(["END"]), ["one ", "E", "ND", " more"], "length");
    expect(textOf(events)).toBe("one ");
    expect(wasFreed).toBe(true);
    expect(events.at(-1)).toEqual({
      kind: "end",
      finishReason: "stop",
      usage: {
        prompt_tokens: 9,
        completion_tokens: 3,
        total_tokens: 12,
        prompt_tokens_details: { cached_tokens: 4 },
      },
    });
  });

  it("gives out what was held back when the engine ends first", async () => {
    const { events } = await run(call(["END"]), ["one E"], "length");
    expect(textOf(events)).toBe("one E");
    expect(events.at(-1)).toMatchObject({ kind: "end", finishReason: "length" });
  });

  it("has no end after an abort", async () => {
    const { events } = await run(call([]), ["one"]);
    expect(events.map((event) => event.kind)).toEqual(["start", "delta"]);
  });

  it("begins with the prompt where echo asks for it", async () => {
    expect(textOf((await run(call([], "p"), ["!"], "stop")).events)).toBe("p!");
  });
});
