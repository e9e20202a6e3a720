// A request asks for usage, and nothing else of it changes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askUsage } from "../../../serving/pipeline/ask-usage.ts";

const ask = (text: string): string => askUsage(Buffer.from(text), JSON.parse(text)).toString("utf8");

describe("a request that asks for usage", () => {
  it.each([
    [
      "without options",
      ' { "model":"é\\u00e9",  "x": [1.50] }',
      ' {"stream_options":{"include_usage":true}, "model":"é\\u00e9",  "x": [1.50] }',
    ],
    [
      "with null options",
      '{"stream_options": null ,"x":1.0}',
      '{"stream_options":{"include_usage":true},"x":1.0}',
    ],
    [
      "with a refusal and other options",
      '{"a":"}{,\\"","stream_options":{"include_usage":false,"z":{"y":[2]}}}',
      '{"a":"}{,\\"","stream_options":{"include_usage":true,"z":{"y":[2]}}}',
    ],
    [
      "with the name inside and outside of what matters",
      '{"x":{"stream_options":1},"y":"stream_options","stream\\u005foptions":{}}',
      '{"x":{"stream_options":1},"y":"stream_options","stream\\u005foptions":{"include_usage":true}}',
    ],
    [
      "with the name twice, of which the last counts",
      '{"stream_options":1,"stream_options":{}}',
      '{"stream_options":1,"stream_options":{"include_usage":true}}',
    ],
  ])("%s keeps all other bytes", (_name, given, wanted) => {
    expect(ask(given)).toBe(wanted);
  });

  it("means the same but for the option, whatever it holds", () => {
    const options = fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: null });
    const body = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
    const indent = fc.constantFrom("", " ", "\t\r\n");
    fc.assert(
      fc.property(body, fc.option(options, { nil: undefined }), indent, (rest, given, space) => {
        const request = { ...rest, ...(given !== undefined && { stream_options: given }) };
        const asked = JSON.parse(ask(JSON.stringify(request, null, space)));
        expect(asked).toEqual(
          JSON.parse(
            JSON.stringify({
              ...request,
              stream_options: { ...given, include_usage: true },
            }),
          ),
        );
      }),
    );
  });
});
