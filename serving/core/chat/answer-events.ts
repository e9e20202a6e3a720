// From engine events to answer events: stop strings, finish reason and usage; the one path of plain and streamed answers.
import type { EngineEvent } from "../../contract/generation.ts";
import type { FinishReason, Usage } from "../../contract/openai/usage.ts";
import type { ModelCall } from "./model-call.ts";
import { endText, pushText, startStops } from "./stop-detector.ts";

export type TokenReport = NonNullable<Extract<EngineEvent, { kind: "token" }>["logprob"]>;

export type AnswerEvent =
  | { readonly kind: "start" }
  /** Tells that a token was made, also where its text is held back. */
  | { readonly kind: "delta"; readonly text: string; readonly logprobs: readonly TokenReport[] }
  | { readonly kind: "end"; readonly finishReason: FinishReason; readonly usage: Usage };

/** Ends without an `end` event when the engine was aborted. Stopping early frees the engine's sequence. */
export async function* toAnswer(
  call: ModelCall,
  events: AsyncIterable<EngineEvent>,
): AsyncGenerator<AnswerEvent> {
  let stops = startStops(call.stop);
  let prompt = { promptTokens: 0, cachedTokens: 0 };
  let completionTokens = 0;
  for await (const event of events) {
    if (event.kind === "prompt") {
      prompt = event;
      yield { kind: "start" };
      if (call.echo !== "") yield { kind: "delta", text: call.echo, logprobs: [] };
    } else if (event.kind === "token") {
      completionTokens += 1;
      const step = pushText(stops, event.text);
      stops = step.state;
      yield { kind: "delta", text: step.emit, logprobs: event.logprob === undefined ? [] : [event.logprob] };
      if (stops.stopped) {
        yield { kind: "end", finishReason: "stop", usage: toUsage(prompt, completionTokens) };
        return;
      }
    } else {
      const rest = endText(stops).emit;
      if (rest !== "") yield { kind: "delta", text: rest, logprobs: [] };
      yield { kind: "end", finishReason: event.reason, usage: toUsage(prompt, completionTokens) };
    }
  }
}

function toUsage(
  prompt: { readonly promptTokens: number; readonly cachedTokens: number },
  completionTokens: number,
): Usage {
  return {
    prompt_tokens: prompt.promptTokens,
    completion_tokens: completionTokens,
    total_tokens: prompt.promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: prompt.cachedTokens },
  };
}
