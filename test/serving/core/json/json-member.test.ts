// One value changed in the bytes of a JSON object: in every member of the name, and nowhere else.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { replaceEvery } from "../../../../serving/core/json/json-member.ts";

const replaced = (json: string, value: unknown = "new"): string =>
  replaceEvery(Buffer.from(json), "model", value).toString("utf8");

describe("replacing a member's value", () => {
  it.each([
    [`{"model":"old"}`, `{"model":"new"}`],
    [`{ "a" : 1.50 , "model" : "o\\"ld" , "z":[]}`, `{ "a" : 1.50 , "model" :"new", "z":[]}`],
    [`{"model":"a","b":1,"model":"c"}`, `{"model":"new","b":1,"model":"new"}`],
    [`{"mod\\u0065l":"a"}`, `{"mod\\u0065l":"new"}`],
    [
      `{"x":{"model":"old"},"y":["model"],"s":"\\"model\\":1"}`,
      `{"x":{"model":"old"},"y":["model"],"s":"\\"model\\":1"}`,
    ],
    [`{"model":{"deep":["}"]},"é":"ü"}`, `{"model":"new","é":"ü"}`],
  ])("turns %s into %s", (json, want) => expect(replaced(json)).toBe(want));

  it("is what a parser sees of any object, whatever else it holds", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (object, value) => {
        const json = JSON.stringify({ ...object, model: "old" });
        expect(JSON.parse(replaced(json, value))).toEqual({ ...JSON.parse(json), model: value });
      }),
    );
  });
});
