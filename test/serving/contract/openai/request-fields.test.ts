// Checks of request bodies: the fault names the field and never repeats what was sent.
import { describe, expect, it } from "vitest";
import { chatRequest } from "../../../../serving/contract/openai/chat.ts";
import { completionRequest } from "../../../../serving/contract/openai/completions.ts";
import { checkBody } from "../../../../serving/contract/openai/request-fields.ts";

const messages = [{ role: "user", content: "planted" }];
const chat = (rest: object = {}) => ({ model: "chat", messages, ...rest });

describe("a chat request", () => {
  it("is accepted with nulls for absence, text parts and unknown fields", () => {
    const body = chat({
      messages: [{ role: "user", content: [{ type: "text", text: "a" }] }],
      max_tokens: null,
      temperature: 0,
      stop: ["a", "b"],
      response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "object" } } },
      parallel_tool_calls: true,
    });
    const checked = checkBody(chatRequest, body);
    expect(checked.ok).toBe(true);
    if (checked.ok) expect(checked.value).toMatchObject({ max_tokens: undefined, parallel_tool_calls: true });
  });

  it.each([
    [{ model: "chat" }, "messages", "missing_required_parameter"],
    [chat({ messages: [] }), "messages", "invalid_value"],
    [chat({ messages: [{ role: "planted", content: "" }] }), "messages[0].role", "invalid_value"],
    [chat({ messages: [{ role: "user", content: 5 }] }), "messages[0].content", "invalid_value"],
    [chat({ max_tokens: -1 }), "max_tokens", "integer_below_min_value"],
    [chat({ max_completion_tokens: 1.5 }), "max_completion_tokens", "invalid_type"],
    [chat({ temperature: 2.5 }), "temperature", "decimal_above_max_value"],
    [chat({ top_p: -0.1 }), "top_p", "decimal_below_min_value"],
    [chat({ top_logprobs: 21 }), "top_logprobs", "integer_above_max_value"],
    [chat({ n: 2 }), "n", "invalid_value"],
    [chat({ stop: ["planted", "b", "c", "d", "e"] }), "stop", "invalid_value"],
    [chat({ stream_options: { include_usage: "planted" } }), "stream_options.include_usage", "invalid_type"],
    [chat({ response_format: { type: "planted" } }), "response_format.type", "invalid_value"],
  ])("%j is refused at %s with %s", (body, param, code) => {
    const checked = checkBody(chatRequest, body);
    const fault = checked.ok ? undefined : checked.fault;
    expect(fault).toMatchObject({ status: 400, type: "invalid_request_error", param, code });
    expect(fault?.message).not.toContain("planted");
  });
});

describe("a completion request", () => {
  it("takes a string or a list of one", () => {
    expect(checkBody(completionRequest, { model: "m", prompt: "a" }).ok).toBe(true);
    expect(checkBody(completionRequest, { model: "m", prompt: ["a"] }).ok).toBe(true);
    expect(checkBody(completionRequest, { model: "m", prompt: ["a", "b"] }).ok).toBe(false);
  });

  it.each([[null], [[]], ["text"], [7]])("%j is not an object", (body) => {
    const checked = checkBody(completionRequest, body);
    expect(checked).toMatchObject({ ok: false, fault: { code: "invalid_type", param: null } });
  });
});
