// Generated files: the schema for editors and the READMEs' tables are what the settings schemas say today.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generateFiles } from "../../stacks/write-schema.ts";
import { STACKS } from "../kit/plan-stack.ts";

const checkout = join(import.meta.dirname, "../..");
const files = await generateFiles();

describe("generated files", () => {
  it.each(files)("$path is up to date (`npm run schema` writes it)", async ({ path, text }) => {
    expect(await readFile(join(checkout, path), "utf8")).toBe(text);
  });

  const settings = files.filter(
    (it) => it.path.endsWith(".md") && it.path !== "components/contract/README.md",
  );
  it.each(settings)("$path shows a table", ({ text }) => {
    expect(text).toMatch(/settings:begin[^\n]*\n\| field +\| type +\| when left out +\| meaning +\|/);
  });

  it.each(STACKS)("stack file %s names the schema for editors", async (stack) => {
    const text = await readFile(join(checkout, "stacks", `Pulumi.${stack}.yaml`), "utf8");
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=./stack-config.schema.json");
  });

  it("has a schema that allows no unknown key and requires those without a default", () => {
    const schema = JSON.parse(files[0]?.text ?? "");
    const { config } = schema.properties;
    expect(config.additionalProperties).toBe(false);
    expect(config.required.sort()).toEqual([
      "rampa:costCenter",
      "rampa:endpoints",
      "rampa:environment",
      "rampa:owner",
    ]);
  });
});
