// Events of a stream, wherever the network cuts them: usage that was not asked for is gone, all else is as it was.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerStream } from "../../../serving/pipeline/answer-stream.ts";

const USAGE = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };

const chunkOf = (content: string, usage?: object | null): string =>
  JSON.stringify({
    id: "c-1",
    choices: [{ index: 0, delta: { content } }],
    ...(usage !== undefined && { usage }),
  });

/** Everything that comes out, piece by piece, and what the stream counted. */
function pass(chunks: readonly (Buffer | string)[]) {
  const stream = new AnswerStream({ hidesUsage: true });
  const pieces = chunks.map((chunk) => stream.push(Buffer.from(chunk)));
  const text = Buffer.concat([...pieces, stream.rest()]).toString("utf8");
  return { pieces: pieces.map(String), text, contentEvents: stream.contentEvents };
}

/** What a client makes of it, by the rules of the format: the data of each event. */
const eventsOf = (text: string): string[] =>
  text.split(/\r?\n\r?\n/).flatMap((event) => {
    const data = event.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []));
    return data.length === 0 ? [] : [data.join("\n").trimStart()];
  });

const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const at = [
    0,
    ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};

describe("an answer's stream", () => {
  const content = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("ñandú 🦜", '"usage":null', '{"usage":null}', "\n\ndata: x\n\n", "", "\\"),
  );
  const extra = fc.dictionary(fc.constantFrom("event", "id", ""), fc.constantFrom("a", "usage"), {
    maxKeys: 2,
  });
  const lineEnd = fc.constantFrom("\n", "\r\n");
  const event = fc.record({ content, extra, space: fc.constantFrom("", " ") });
  const places = fc.array(fc.nat(), { maxLength: 40 });

  const print = (lines: Record<string, string>, data: string, end: string): string =>
    [...Object.entries(lines).map(([name, value]) => `${name}: ${value}`), `data:${data}`, "", ""].join(end);

  it("hides usage and keeps every other byte, however it is cut", () => {
    fc.assert(
      fc.property(fc.array(event), lineEnd, places, (events, end, cuts) => {
        const write = (usage?: null): string =>
          events
            .map(({ extra: lines, space, ...it }) => print(lines, space + chunkOf(it.content, usage), end))
            .join("");
        const last = print({}, JSON.stringify({ id: "c-1", choices: [], usage: USAGE }), end);
        const done = print({}, " [DONE]", end);
        const { text, contentEvents } = pass(cut(Buffer.from(write(null) + last + done), cuts));
        expect(text).toBe(write() + done);
        expect(contentEvents).toBe(events.filter((it) => it.content !== "").length);
      }),
    );
  });

  it("gives each event on with its last byte, and all bytes at once where usage was asked for", () => {
    fc.assert(
      fc.property(fc.array(event), lineEnd, places, (events, end, cuts) => {
        const written = Buffer.from(events.map((it) => print(it.extra, chunkOf(it.content), end)).join(""));
        const chunks = cut(written, cuts);
        const asked = new AnswerStream({ hidesUsage: false });
        const hiding = new AnswerStream({ hidesUsage: true });
        let came = "";
        let went = "";
        for (const chunk of chunks) {
          expect(asked.push(chunk)).toBe(chunk);
          came += chunk.toString("latin1");
          went += hiding.push(chunk).toString("latin1");
          const complete = Math.max(came.lastIndexOf("\n\n") + 2, came.lastIndexOf("\n\r\n") + 3);
          expect(went.length).toBeGreaterThanOrEqual(complete < 4 ? 0 : complete);
          expect(came.startsWith(went)).toBe(true);
        }
      }),
    );
  });

  it("passes anything that is not such a stream as it came", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), places, (bytes, cuts) => {
        const stream = new AnswerStream({ hidesUsage: true });
        const pieces = cut(Buffer.from(bytes), cuts).map((chunk) => stream.push(chunk));
        expect(Buffer.concat([...pieces, stream.rest()])).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each([
    ["a comment that keeps the connection open", ": ping\n"],
    ["an event without JSON", "data: hello\n\n"],
    ["JSON over two lines of data", 'data: {"usage":\ndata: null}\n\n'],
    ["a list", 'data: ["usage"]\n\n'],
    ["an error event", 'data: {"error":{"message":"full"}}\n\n'],
    ["usage of a deeper object only", 'data: {"choices":[{"usage":null}]}\n\n'],
    ["usage beside a choice", `data: ${chunkOf("a", USAGE)}\n\n`],
  ])("passes %s at once and unchanged", (_name, text) => {
    expect(pass([text]).pieces).toEqual([text]);
  });

  it.each([
    ['{"usage":null,"a":1}', '{"a":1}'],
    ['{"a":1 , "usage" : null }', '{"a":1 }'],
    ['{"usage":null}', "{}"],
    ['{"a":",","usage":null,"b":1.0}', '{"a":",","b":1.0}'],
  ])("takes the null usage out of %s", (given, wanted) => {
    expect(JSON.parse(wanted)).not.toHaveProperty("usage");
    expect(eventsOf(pass([`data: ${given}\n\n`]).text).map((it) => JSON.parse(it))).toEqual([
      JSON.parse(wanted),
    ]);
  });

  it("lets an endless event through instead of holding it", () => {
    const { pieces } = pass(["data: ", "x".repeat(70_000), "y", `\n\ndata: ${chunkOf("a", null)}\n\n`]);
    expect(pieces.map((it) => it.length)).toEqual([0, 70_006, 1, 2 + `data: ${chunkOf("a")}\n\n`.length]);
  });

  it.each([
    ["a role", { choices: [{ delta: { role: "assistant", content: "" } }] }, 0],
    ["a text", { choices: [{ delta: { content: "a" } }] }, 1],
    ["reasoning", { choices: [{ delta: { reasoning_content: "a" } }] }, 1],
    ["a tool call", { choices: [{ delta: { tool_calls: [{ index: 0 }] } }] }, 1],
    ["the end", { choices: [{ delta: {}, finish_reason: "stop" }] }, 0],
    ["a completion's text", { choices: [{ text: "a" }] }, 1],
    ["a completion's end", { choices: [{ text: "", finish_reason: "stop" }] }, 0],
    ["a response's text", { type: "response.output_text.delta", delta: "a" }, 1],
    ["a null choice", { choices: [null] }, 0],
  ])("counts %s as %s → %i events with content", (_name, data, wanted) => {
    expect(pass([`data: ${JSON.stringify(data)}\n\n`]).contentEvents).toBe(wanted);
  });
});

describe("a stream that stops at an error", () => {
  const stopped = (chunks: readonly (Buffer | string)[], hidesUsage = false) => {
    const stream = new AnswerStream({ hidesUsage, stopsAtError: true });
    const pieces = chunks.map((chunk) => stream.push(Buffer.from(chunk)));
    return { text: Buffer.concat([...pieces, stream.rest()]).toString("utf8"), error: stream.error };
  };
  const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;
  const before = `data: ${chunkOf("a")}\n\n`;

  it.each([
    ["an error", { error: { code: "x", message: "planted" } }, { code: "x", message: "planted" }],
    ["an event of type error", { type: "error", code: "x" }, { type: "error", code: "x" }],
    ["a failed response", { type: "response.failed", response: { error: { code: "x" } } }, { code: "x" }],
  ])("holds back %s and all that follows", (_name, data, error) => {
    expect(stopped([before, event(data) + before, before])).toEqual({ text: before, error });
  });

  it("passes everything else as it came, wherever it is cut", () => {
    const text = `${before}: ping\n\ndata: ${JSON.stringify({ error: null, choices: [] })}\n\ndata: [DONE]\n\n`;
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 6 }), (places) => {
        expect(stopped(cut(Buffer.from(text), places))).toEqual({ text, error: undefined });
      }),
    );
  });
});
