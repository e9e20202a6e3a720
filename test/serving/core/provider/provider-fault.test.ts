// A provider's refusal in the gateway's words: what each status becomes, and what of its text may go on.
import { describe, expect, it } from "vitest";
import {
  type ProviderError,
  toProviderFault,
  toStreamFault,
} from "../../../../serving/core/provider/provider-fault.ts";

const faultOf = (status: number, error: ProviderError = {}, retryAfterSeconds?: number) =>
  toProviderFault({ status, error, retryAfterSeconds });

describe("a refusal", () => {
  it.each([
    [400, {}, 400, "provider_refused", false],
    [400, { code: "context_length_exceeded" }, 400, "context_length_exceeded", false],
    [400, { type: "content_filter" }, 400, "content_filter", false],
    [400, { code: "insufficient_quota" }, 503, "provider_quota_exceeded", false],
    [401, {}, 502, "provider_key_refused", false],
    [402, {}, 503, "provider_quota_exceeded", false],
    [403, {}, 502, "provider_forbidden", false],
    [404, {}, 502, "provider_not_found", false],
    [404, { code: "DeploymentNotFound", message: "x" }, 502, "provider_not_found", false],
    [404, { code: "response_missing", message: "No such response" }, 404, "response_missing", false],
    [405, {}, 502, "provider_not_found", false],
    [408, {}, 504, "provider_timeout", undefined],
    [409, {}, 409, "provider_refused", true],
    [413, {}, 413, "provider_refused", false],
    [418, {}, 502, "provider_failed", undefined],
    [422, {}, 422, "provider_refused", false],
    [429, {}, 429, "provider_rate_limited", undefined],
    [500, {}, 502, "provider_failed", undefined],
    [502, {}, 502, "provider_failed", undefined],
    [503, {}, 503, "provider_overloaded", undefined],
    [504, {}, 504, "provider_timeout", undefined],
    [529, {}, 503, "provider_overloaded", undefined],
    [301, {}, 502, "provider_redirected", false],
    [308, {}, 502, "provider_redirected", false],
  ])("with %i %j is answered with %i %s", (status, error, answered, code, shouldRetry) => {
    const fault = faultOf(status, error);
    expect([fault.status, fault.code, fault.shouldRetry]).toEqual([answered, code, shouldRetry]);
  });

  it("passes on how long to wait, and asks for a second or five where nothing is said", () => {
    expect(faultOf(429, {}, 42).retryAfterSeconds).toBe(42);
    expect(faultOf(503, {}, 42).retryAfterSeconds).toBe(42);
    expect(faultOf(429).retryAfterSeconds).toBe(1);
    expect(faultOf(503).retryAfterSeconds).toBe(5);
  });

  it.each([
    ["Invalid key sk-proj-abcdefgh1234 given", "Invalid key [hidden] given"],
    [
      "Rate limit for gpt-4o in organization org-AbCdEf123456 on tokens",
      "Rate limit for gpt-4o in organization [hidden] on tokens",
    ],
    ["project proj_AbCdEf123456, user-AbCdEf12", "project [hidden], [hidden]"],
    ["ask admin+ai@planted.example.com now", "ask [hidden] now"],
    ["see https://portal.example.com/sub/1?x=y.", "see [hidden]"],
    ["arn:aws:bedrock:eu-west-1:111122223333:x denied", "[hidden] denied"],
    ["Authorization: Bearer abc.def", "Authorization: [hidden]"],
    ["subscription 0f8fad5b-d9cb-469f-a165-70867728950e", "subscription [hidden]"],
    [
      "Unknown parameter: 'user_name'. Use max_tokens ≤ 8192.",
      "Unknown parameter: 'user_name'. Use max_tokens ≤ 8192.",
    ],
  ])("hides the account's in %s", (message, shown) => {
    expect(faultOf(400, { message }).message).toBe(shown);
  });

  it("hides the key whatever its shape, and says no more than a thousand characters", () => {
    const error = { message: `the key hunter2 is ${"x".repeat(5_000)}` };
    const { message } = toProviderFault({ status: 400, error, retryAfterSeconds: undefined }, "hunter2");
    expect(message).toMatch(/^the key \[hidden\] is x+$/);
    expect(message.length).toBeLessThanOrEqual(1_000);
  });

  it("takes words of an API as code and param, and no text", () => {
    const error = {
      code: "see org 12 at planted",
      type: "invalid_request_error",
      param: "messages[0].content",
    };
    expect(faultOf(400, error)).toMatchObject({
      code: "invalid_request_error",
      param: "messages[0].content",
    });
    expect(faultOf(400, { param: "a b", code: "x".repeat(81) })).toMatchObject({
      code: "provider_refused",
      param: null,
    });
  });
});

describe("an error inside of a stream", () => {
  it.each([
    [{ code: "rate_limit_exceeded", message: "planted" }, "provider_rate_limited"],
    [{ type: "rate_limit_error" }, "provider_rate_limited"],
    [{ type: "overloaded_error" }, "provider_overloaded"],
    [{ code: "insufficient_quota" }, "provider_quota_exceeded"],
    [{ type: "server_error", message: "planted" }, "provider_failed"],
    [{}, "provider_failed"],
  ])("%j becomes %s, without its text", (error, code) => {
    const fault = toStreamFault(error);
    expect(fault.code).toBe(code);
    expect(fault.message).not.toContain("planted");
  });
});
