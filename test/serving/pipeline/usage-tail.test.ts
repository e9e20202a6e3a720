// Token usage read from the end of an answer as it passes.
import { describe, expect, it } from "vitest";
import { createUsageTail } from "../../../serving/pipeline/usage-tail.ts";

const read = (...chunks: string[]) => {
  const tail = createUsageTail();
  for (const chunk of chunks) tail.push(Buffer.from(chunk));
  return tail.read();
};

const USAGE = '"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}';

describe("the usage of an answer", () => {
  it.each([
    ["a plain answer", [`{"choices":[],${USAGE}}`]],
    ["a stream's last frame", ["data: {}\n\n", `data: {"choices":[],${USAGE}}\n\n`, "data: [DONE]\n\n"]],
    ["pieces that split the field", [`{${USAGE.slice(0, 20)}`, `${USAGE.slice(20)}}`]],
    ["spaces and nested details", ['{"usage": { "x": {"y":1}, "prompt_tokens": 3, "completion_tokens": 5}}']],
    ["a later null", [`data: {${USAGE}}\n\n`, 'data: {"usage":null}\n\n']],
    ["the words of the responses API", ['{"usage":{"input_tokens":3,"output_tokens":5}}']],
    ["a long answer before it", ["x".repeat(100_000), `{${USAGE}}`]],
    ["one long piece", [`${"x".repeat(100_000)}{${USAGE}}`]],
  ])("is found in %s", (_name, chunks) => {
    expect(read(...chunks)).toEqual({ input: 3, output: 5 });
  });

  it("has no output for embeddings", () => {
    expect(read('{"usage":{"prompt_tokens":4,"total_tokens":4}}')).toEqual({ input: 4, output: 0 });
  });

  it.each([
    ["nothing", []],
    ["an answer that quotes the field", [JSON.stringify({ content: `{${USAGE}}` })]],
    ["garbage", ['"usage":{"prompt_tokens":"many"']],
  ])("is not found in %s", (_name, chunks) => {
    expect(read(...chunks)).toBeUndefined();
  });
});
