// What a schema refuses once it is strict, and what it still lets through.
import { describe, expect, it } from "vitest";
import { toStrictSchema } from "./strict-schema.ts";

const text = { type: "string" };

describe("toStrictSchema", () => {
  it("knows no field but the listed ones, at every depth", () => {
    const inner = { type: "object", properties: { a: text } };
    expect(toStrictSchema({ type: "object", properties: { list: { type: "array", items: inner } } })).toEqual(
      {
        type: "object",
        properties: { list: { type: "array", items: { ...inner, additionalProperties: false } } },
        additionalProperties: false,
      },
    );
  });

  it.each([
    ["a map", { type: "object", additionalProperties: text }, { type: "object", additionalProperties: text }],
    [
      "an object whose unknown fields are kept",
      { type: "object", properties: { a: text }, "x-kubernetes-preserve-unknown-fields": true },
      { type: "object", properties: { a: text } },
    ],
    ["an object that lists nothing", { type: "object" }, { type: "object" }],
    [
      "a condition on fields that are listed beside it",
      { properties: { a: text }, anyOf: [{ properties: { a: { enum: ["x"] } } }] },
      {
        properties: { a: text },
        anyOf: [{ properties: { a: { enum: ["x"] } } }],
        additionalProperties: false,
      },
    ],
  ])("leaves %s open", (_, given, expected) => {
    expect(toStrictSchema(given)).toEqual(expected);
  });

  it.each([
    { type: "string", format: "int-or-string" },
    { "x-kubernetes-int-or-string": true, pattern: "^.+%$" },
  ])("takes a number and a text for %j", (given) => {
    expect(toStrictSchema(given)).toEqual({ anyOf: [{ type: "integer" }, { type: "string" }] });
  });

  it("keeps a field that is called like a keyword", () => {
    const properties = { format: text, enum: text, properties: text };
    expect(toStrictSchema({ properties })).toEqual({ properties, additionalProperties: false });
  });

  it("drops what only the API server can check", () => {
    const rule = { "x-kubernetes-validations": [{ rule: "self != ''" }], description: "d", format: "date" };
    expect(toStrictSchema({ ...text, ...rule })).toEqual(text);
  });
});
