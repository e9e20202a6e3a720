// The rampa command as a process: help, wrong verbs, wrong options, a wrong stack; nothing here changes the machine.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { paths } from "../../../stacks/local/paths.ts";

const home = mkdtempSync(join(tmpdir(), "rampa-home-"));
afterAll(() => rmSync(home, { recursive: true }));

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

function rampa(...args: readonly string[]): Promise<Ended> {
  const script = join(paths.checkout, "stacks/cli/rampa.ts");
  const options = {
    cwd: tmpdir(),
    timeout: 15_000,
    env: { ...process.env, RAMPA_HOME: home, NO_COLOR: "1" },
  };
  return new Promise((settle) => {
    const child = execFile(process.execPath, [script, ...args], options, (_, stdout, stderr) => {
      settle({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

describe("the rampa command", () => {
  it("lists its verbs on --help and ends well", async () => {
    const { code, stdout } = await rampa("--help");
    expect(code).toBe(0);
    for (const verb of ["up", "preview", "down", "status", "chat", "logs", "doctor", "key", "env"]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${verb}\\b`, "m"));
    }
  });

  it.each([
    [["statsu"], "Did you mean status?"],
    [["status", "--jso"], "Did you mean --json?"],
    [["logs", "--lines", "none"], "want a whole number from 1 up"],
  ])("ends with 2 and a hint on %j", async (args, hint) => {
    const { code, stderr } = await rampa(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(hint);
    expect(stderr).toContain("Next: rampa --help");
  });

  it("names the file of a stack that does not exist, in text and in JSON", async () => {
    const [text, json] = await Promise.all([
      rampa("preview", "--stack", "nowhere"),
      rampa("preview", "--stack", "nowhere", "--json"),
    ]);
    expect(text.code).toBe(2);
    expect(text.stderr).toContain("stacks/Pulumi.nowhere.yaml: 1 problem");
    expect(text.stderr).toContain("Next: ");
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "config.invalid", problems: [{}] } });
  });

  it("says what is missing when nothing was deployed, in status, key, chat and logs", async () => {
    const [status, key, chat, logs] = await Promise.all([
      rampa("status", "--json"),
      rampa("key", "show"),
      rampa("chat", "hello"),
      rampa("logs"),
    ]);
    expect(status.code).toBe(1);
    expect(JSON.parse(status.stdout)).toMatchObject({ ok: false, endpoints: [] });
    for (const { code, stderr } of [key, chat]) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/^cli\.nothing-here: .*\nNext: npm run up/);
    }
    expect(logs.code).toBe(1);
  });

  it("prints an environment that a shell can evaluate", async () => {
    const { code, stdout } = await rampa("env");
    expect(code).toBe(0);
    expect(stdout).toContain(`export PATH='${join(home, "bin")}:`);
    expect(
      stdout
        .trim()
        .split("\n")
        .every((line) => /^(export [A-Z_]+='.*'|unset [A-Z_]+)$/.test(line)),
    ).toBe(true);
  });
});
