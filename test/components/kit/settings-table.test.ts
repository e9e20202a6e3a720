// Settings table: one row a field, with what leaving it out means, kept between the markers of a README.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { withSettingsTable } from "../../../components/kit/settings-table.ts";

const schema = z.strictObject({
  name: z.string().describe("Who."),
  size: z.int().default(3).describe("How many."),
  place: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("near") }),
      z.strictObject({ kind: z.literal("far"), metres: z.number().describe("How far.") }),
    ])
    .optional(),
  parts: z.record(z.string(), z.strictObject({ on: z.boolean().default(true) })),
});

const BEGIN = "<!-- settings:begin (written by `npm run schema`) -->";
const END = "<!-- settings:end -->";

describe("withSettingsTable", () => {
  it("replaces what stands between the markers, and nothing else", () => {
    const readme = `# area\n\n${BEGIN}\nold\n${END}\n\nafter\n`;
    expect(withSettingsTable(readme, schema)).toBe(
      [
        "# area",
        "",
        BEGIN,
        "| field          | type                | when left out | meaning   |",
        "| -------------- | ------------------- | ------------- | --------- |",
        "| `name`         | string              | required      | Who.      |",
        "| `size`         | integer             | `3`           | How many. |",
        "| `place`        | object              | none          |           |",
        '| `place.kind`   | `"near"` or `"far"` | required      |           |',
        "| `place.metres` | number              | required      | How far.  |",
        "| `parts`        | mapping to object   | required      |           |",
        "| `parts.*.on`   | boolean             | `true`        |           |",
        END,
        "",
        "after",
        "",
      ].join("\n"),
    );
  });

  it("leaves out what is there only to be refused by name", () => {
    const refusing = schema.safeExtend({ gpu: z.never("none").optional() });
    const readme = `${BEGIN}\n${END}`;
    expect(withSettingsTable(readme, refusing)).toBe(withSettingsTable(readme, schema));
  });

  it("writes the same table twice", () => {
    const once = withSettingsTable(`${BEGIN}\n${END}`, schema);
    expect(withSettingsTable(once, schema)).toBe(once);
  });

  it("leaves a README without markers alone", () => {
    expect(withSettingsTable("# area\n", schema)).toBe("# area\n");
  });
});
