// actionlint, the known checker of GitHub's workflow files, finds nothing; and does find what is wrong.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { paths } from "../../stacks/local/paths.ts";
import { ensureGoProgram } from "../kit/go-program.ts";
import { useTool } from "../kit/obtained-tool.ts";
import { readText } from "../kit/source-graph.ts";
import { type Ran, run } from "../stacks/local/images/image-fixture.ts";
import { actionlint } from "./go-tool.ts";

const folder = join(paths.checkout, ".github/workflows");
const scratch = mkdtempSync(join(tmpdir(), "rampa-workflows-"));
const config = ["-config-file", join(paths.checkout, ".github/actionlint.yaml"), "-no-color"];
const program = useTool(() => ensureGoProgram(actionlint));
const lint = (...given: readonly string[]): Ran => run(program(), ...config, ...given);
afterAll(() => rmSync(scratch, { recursive: true }));

it("the workflow files are clean", () => {
  const files = readdirSync(folder).map((name) => join(folder, name));
  expect(files.length).toBe(3);
  const { status, stdout } = lint(...files);
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

it("a workflow with an input that is not there is not", () => {
  const file = join(scratch, "deploy.yml");
  writeFileSync(
    file,
    readText(".github/workflows/deploy.yml").replace("inputs.watch-minutes", "inputs.minutes"),
  );
  const { status, stdout } = lint(file);
  expect(status).toBe(1);
  expect(stdout).toContain('property "minutes" is not defined');
});
