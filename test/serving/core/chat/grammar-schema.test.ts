// What a grammar can enforce of a JSON Schema, and the refusal of the rest.
import { describe, expect, it } from "vitest";
import { toGrammarSchema } from "../../../../serving/core/chat/grammar-schema.ts";

describe("a JSON Schema for an answer", () => {
  it("loses its annotations and keeps its rules", () => {
    const schema = {
      title: "Person",
      type: "object",
      properties: {
        name: { type: "string", description: "full" },
        tag: { anyOf: [{ $ref: "#/definitions/T" }, { type: "null" }] },
      },
      required: ["name"],
      definitions: { T: { enum: ["a", "b"] } },
    };
    expect(toGrammarSchema(schema, "s")).toEqual({
      ok: true,
      value: {
        type: "object",
        properties: { name: { type: "string" }, tag: { oneOf: [{ $ref: "#/$defs/T" }, { type: "null" }] } },
        required: ["name"],
        $defs: { T: { enum: ["a", "b"] } },
      },
    });
  });

  it("spells a nullable object as a choice", () => {
    expect(
      toGrammarSchema({ type: ["object", "null"], properties: { a: { type: "integer" } } }, "s"),
    ).toEqual({
      ok: true,
      value: { oneOf: [{ type: "object", properties: { a: { type: "integer" } } }, { type: "null" }] },
    });
  });

  it.each([
    [{ type: "string", pattern: "^a" }, "'s.pattern' cannot be enforced"],
    [
      { type: "object", properties: { n: { type: "number", minimum: 3 } } },
      "'s.properties.n.minimum' cannot be enforced",
    ],
    [{ type: "string", format: "email" }, "'s.format' can be one of date-time, time, date"],
  ])("is refused where a rule could not be kept: %j", (schema, reason) => {
    expect(toGrammarSchema(schema, "s")).toMatchObject({
      ok: false,
      fault: { message: `Invalid schema: ${reason}.` },
    });
  });

  it("is refused instead of overflowing the stack when it is nested without end", () => {
    let schema: Record<string, unknown> = { type: "string" };
    for (let depth = 0; depth < 10_000; depth += 1) schema = { type: "array", items: schema };
    expect(toGrammarSchema(schema, "s")).toMatchObject({ ok: false });
  });
});
