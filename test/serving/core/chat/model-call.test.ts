// From the body of a chat or completion request to what the engine is asked, and the faults on the way.
import { describe, expect, it } from "vitest";
import { chatRequest } from "../../../../serving/contract/openai/chat.ts";
import { completionRequest } from "../../../../serving/contract/openai/completions.ts";
import { checkBody } from "../../../../serving/contract/openai/request-fields.ts";
import type { Decoded } from "../../../../serving/core/chat/decoded.ts";
import { type ModelCall, toChatCall, toCompletionCall } from "../../../../serving/core/chat/model-call.ts";

const messages = [{ role: "user", content: "Hi" }];

/** Over the wire a field that is undefined is left out. */
function asSent(body: object): unknown {
  return JSON.parse(JSON.stringify(body));
}

function decodeChat(fields: object): Decoded<ModelCall> {
  const checked = checkBody(chatRequest, asSent({ model: "chat", messages, ...fields }));
  return checked.ok ? toChatCall(checked.value) : checked;
}

function decodeCompletion(fields: object): Decoded<ModelCall> {
  const checked = checkBody(completionRequest, asSent({ model: "chat", prompt: "Hi", ...fields }));
  return checked.ok ? toCompletionCall(checked.value) : checked;
}

function callOf(decoded: Decoded<ModelCall>): ModelCall {
  if (!decoded.ok) throw new Error(decoded.fault.message);
  return decoded.value;
}

describe("a chat request", () => {
  it("gets the defaults where it says nothing", () => {
    expect(callOf(decodeChat({}))).toEqual({
      stream: false,
      includeUsage: false,
      stop: [],
      echo: "",
      request: {
        prompt: { kind: "chat", messages },
        maxTokens: undefined,
        sampling: {
          temperature: 1,
          topP: 1,
          topK: 40,
          minP: 0,
          seed: undefined,
          frequencyPenalty: 0,
          presencePenalty: 0,
          logitBias: [],
        },
        format: { kind: "text" },
        topLogprobs: undefined,
      },
    });
  });

  it("prefers max_completion_tokens over the older max_tokens", () => {
    expect(callOf(decodeChat({ max_tokens: 5, max_completion_tokens: 7 })).request.maxTokens).toBe(7);
    expect(callOf(decodeChat({ max_tokens: 5 })).request.maxTokens).toBe(5);
  });

  it("joins text parts and reads developer as system", () => {
    const parts = [
      {
        role: "developer",
        content: [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      },
      { role: "user", content: "c" },
    ];
    expect(callOf(decodeChat({ messages: parts })).request.prompt).toEqual({
      kind: "chat",
      messages: [
        { role: "system", content: "ab" },
        { role: "user", content: "c" },
      ],
    });
  });

  it("takes any whole number as a seed", () => {
    expect(callOf(decodeChat({ seed: -1 })).request.sampling.seed).toBe(2 ** 32 - 1);
    expect(callOf(decodeChat({ seed: 2 ** 32 + 5 })).request.sampling.seed).toBe(5);
  });

  it("lets unknown fields through", () => {
    expect(decodeChat({ metadata: { a: 1 }, brand_new: true }).ok).toBe(true);
  });

  it.each([
    [{ messages: undefined }, "messages", "missing_required_parameter"],
    [{ messages: [] }, "messages", "invalid_value"],
    [{ messages: [{ role: "robot", content: "x" }] }, "messages[0].role", "invalid_value"],
    [{ max_tokens: -1 }, "max_tokens", "integer_below_min_value"],
    [{ temperature: 3 }, "temperature", "decimal_above_max_value"],
    [{ temperature: "hot" }, "temperature", "invalid_type"],
    [{ top_p: 1.5 }, "top_p", "decimal_above_max_value"],
    [{ n: 2 }, "n", "invalid_value"],
    [{ stop: ["a", "b", "c", "d", "e"] }, "stop", "invalid_value"],
    [{ stop: "" }, "stop", "invalid_value"],
    [{ stream_options: { include_usage: true } }, "stream_options", "invalid_value"],
    [{ top_logprobs: 3 }, "top_logprobs", "invalid_value"],
    [{ logprobs: true, response_format: { type: "json_object" } }, "logprobs", "unsupported_value"],
    [{ tools: [{ type: "function" }] }, "tools", "unsupported_parameter"],
    [
      {
        response_format: {
          type: "json_schema",
          json_schema: { name: "x", schema: { type: "string", pattern: "a" } },
        },
      },
      "response_format.json_schema.schema",
      "unsupported_schema",
    ],
  ])("is refused with the field at fault: %j", (fields, param, code) => {
    expect(decodeChat(fields)).toMatchObject({
      ok: false,
      fault: { status: 400, type: "invalid_request_error", param, code },
    });
  });

  it("takes a tools list that the caller turned off", () => {
    expect(decodeChat({ tools: [{ type: "function" }], tool_choice: "none" }).ok).toBe(true);
  });
});

describe("a completion request", () => {
  it("makes 16 tokens by default and takes prompts as text or token ids", () => {
    expect(callOf(decodeCompletion({})).request).toMatchObject({
      prompt: { kind: "text", text: "Hi" },
      maxTokens: 16,
    });
    expect(callOf(decodeCompletion({ prompt: ["Ho"] })).request.prompt).toEqual({
      kind: "text",
      text: "Ho",
    });
    expect(callOf(decodeCompletion({ prompt: [5, 6] })).request.prompt).toEqual({
      kind: "tokens",
      tokens: [5, 6],
    });
  });

  it("repeats a text prompt where echo asks for it", () => {
    expect(callOf(decodeCompletion({ echo: true })).echo).toBe("Hi");
  });

  it.each([
    [{ prompt: undefined }, "prompt"],
    [{ prompt: ["a", "b"] }, "prompt"],
    [{ best_of: 3 }, "best_of"],
    [{ suffix: "end" }, "suffix"],
    [{ echo: true, prompt: [1] }, "echo"],
    [{ logprobs: 9 }, "logprobs"],
  ])("is refused with the field at fault: %j", (fields, param) => {
    expect(decodeCompletion(fields)).toMatchObject({ ok: false, fault: { status: 400, param } });
  });
});
