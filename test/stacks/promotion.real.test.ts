// Two stacks on a real engine: prod takes over what staging runs, and nothing else.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument, stringify } from "yaml";
import { withDigest } from "../../stacks/cli/promote.ts";
import { ensureEngine } from "../../stacks/local/engine/engine.ts";
import { EngineError } from "../../stacks/local/engine/engine-error.ts";
import type { EnginePlaces } from "../../stacks/local/engine/places.ts";
import { openStack, upStack } from "../../stacks/local/engine/stack.ts";
import { paths } from "../../stacks/local/paths.ts";
import { silent } from "../../stacks/local/progress.ts";
import { withRollback } from "../../stacks/pipeline/stack-file-edit.ts";
import { type Ended, runCommand } from "./cli/run-command.ts";

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

const checkout = mkdtempSync(join(tmpdir(), "rampa-promotion-"));
const home = join(checkout, ".rampa");
const places: EnginePlaces = {
  checkout,
  home,
  bin: join(home, "bin"),
  state: join(home, "state"),
  passphrase: join(home, "passphrase"),
  cache: paths.cache,
};
const fileOf = (stack: string): string => join(checkout, "stacks", `Pulumi.${stack}.yaml`);
const change = (stack: string, edit: (text: string) => string): void =>
  writeFileSync(fileOf(stack), edit(readFileSync(fileOf(stack), "utf8")));

/** The program of a stack as far as promotion goes: without a cluster. */
const PROGRAM = `
import { requirePromoted } from "${paths.checkout}/stacks/promotion.ts";
import { releaseOf } from "${paths.checkout}/stacks/release.ts";
import { readStackSettings } from "${paths.checkout}/stacks/settings.ts";
const settings = readStackSettings();
export const release = releaseOf(settings, settings.image.digest);
await requirePromoted(settings, release);
`;

beforeAll(async () => {
  process.env.RAMPA_OFFLINE = "1";
  cpSync(join(paths.checkout, "stacks"), join(checkout, "stacks"), {
    recursive: true,
    filter: (path) => path.endsWith("stacks") || /Pulumi\.(staging|prod)\.yaml$/.test(path),
  });
  symlinkSync(join(paths.checkout, "node_modules"), join(checkout, "node_modules"));
  writeFileSync(join(checkout, "package.json"), JSON.stringify({ name: "rampa", type: "module" }));
  writeFileSync(join(checkout, "program.ts"), PROGRAM);
  const runtime = { name: "nodejs", options: { typescript: false } };
  const project = { name: "rampa", runtime, main: "program.ts", stackConfigDir: "stacks" };
  writeFileSync(join(checkout, "Pulumi.yaml"), stringify(project));
  change("staging", (text) => {
    const document = parseDocument(text);
    document.deleteIn(["config", "rampa:promotion"]);
    return document.toString();
  });
}, 20 * 60_000);

afterAll(() => rmSync(checkout, { recursive: true, force: true }));

async function up(stack: string): Promise<"done" | string> {
  const handle = await openStack(await ensureEngine(silent, places), stack, places);
  return upStack(handle).then(
    () => "done",
    (error: unknown) => (error instanceof EngineError ? error.message : Promise.reject(error)),
  );
}

/** The command reads the state under `home`, and the stack files of this checkout. */
const promote = (stack: string): Promise<Ended> =>
  runCommand(["promote", "--stack", stack, "--dry-run", "--json"], { home, deadlineMs: 60_000 });

describe("promotion", () => {
  it("refuses prod while staging has not been deployed", async () => {
    expect(await up("prod")).toMatch(/staging/);
  });

  it("lets prod have what runs in staging", async () => {
    expect(await up("staging")).toBe("done");
    expect(await up("prod")).toBe("done");
  });

  it("refuses an image and weights that did not run in staging, with every difference", async () => {
    const before = readFileSync(fileOf("prod"), "utf8");
    change("prod", (text) => withDigest(text, digest("d")).replace(/1\.1\.0/g, "1.2.0"));
    const failure = await up("prod");
    expect(failure).toContain(`rampa:image.digest: got ${digest("d")}, want sha256:`);
    expect(failure).toContain("rampa:endpoints.chat.versions.1.2.0: got a version that has not run there");
    expect(failure).toContain("npm run rampa -- promote --stack prod");
    change("prod", () => before);
  });

  it("follows staging when both move to a new digest", async () => {
    change("staging", (text) => withDigest(text, digest("e")));
    expect(await up("staging")).toBe("done");
    expect(await up("prod")).toContain(`want ${digest("e")}, which runs in staging`);
    change("prod", (text) => withDigest(text, digest("e")));
    expect(await up("prod")).toBe("done");
  });

  it("lets prod go back to the image before, which its file marks, and to no other", async () => {
    const now = readFileSync(fileOf("prod"), "utf8");
    const back = (to: string) => change("prod", () => withRollback(withDigest(now, digest("d")), digest(to)));
    back("c");
    expect(await up("prod")).toContain(`want ${digest("e")}, which runs in staging`);
    back("d");
    expect(await up("prod")).toBe("done");
    change("prod", (text) => withRollback(withDigest(text, digest("e")), undefined));
    expect(await up("prod")).toBe("done");
  });

  it("is prepared by a command that reads the digest off the environment before", async () => {
    const { code, stdout } = await promote("prod");
    expect(JSON.parse(stdout)).toMatchObject({
      from: "staging",
      after: digest("e"),
      isMoved: true,
      rest: [],
    });
    expect(code).toBe(0);
  });

  it("has nothing to take over from an environment that has not been deployed", async () => {
    const { code, stdout } = await promote("staging");
    expect(JSON.parse(stdout).error.code).toBe("cli.nothing-here");
    expect(code).toBe(1);
  });
});

describe("withDigest", () => {
  it("changes the digest of a stack file and nothing else", () => {
    const text = readFileSync(join(paths.checkout, "stacks/Pulumi.prod.yaml"), "utf8");
    const lines = (it: string): readonly string[] =>
      it.split("\n").filter((line) => !line.includes("digest:"));
    expect(lines(withDigest(text, digest("f")))).toEqual(lines(text));
    expect(withDigest(text, digest("f"))).toContain(`    digest: ${digest("f")}\n`);
  });

  it("adds one where an image had none", () => {
    const text = "config:\n  rampa:image:\n    repository: registry.example.com/a/b # ours\n";
    expect(withDigest(text, digest("f"))).toBe(`${text}    digest: ${digest("f")}\n`);
  });
});
