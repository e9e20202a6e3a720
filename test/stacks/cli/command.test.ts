// The rampa command as a process: help, wrong verbs, wrong options, a wrong stack; nothing here changes the machine.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { paths } from "../../../stacks/local/paths.ts";
import { type Ended, runCommand } from "./run-command.ts";

const home = mkdtempSync(join(tmpdir(), "rampa-home-"));
afterAll(() => rmSync(home, { recursive: true }));

const rampa = (...args: readonly string[]): Promise<Ended> => runCommand(args, { home });

describe("the rampa command", () => {
  it("lists its verbs on --help and ends well", async () => {
    const { code, stdout } = await rampa("--help");
    expect(code).toBe(0);
    for (const verb of [
      "up",
      "preview",
      "render",
      "down",
      "status",
      "chat",
      "logs",
      "doctor",
      "key",
      "env",
    ]) {
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
    expect(stderr).toContain("Next: npm run rampa -- --help");
  });

  it("names the stacks there are in place of one that does not exist, in text and in JSON", async () => {
    const [text, json] = await Promise.all([
      rampa("preview", "--stack", "nowhere"),
      rampa("preview", "--stack", "nowhere", "--json"),
    ]);
    expect(text.code).toBe(2);
    expect(text.stderr).toMatch(
      /^cli\.usage: --stack: got nowhere, want one of: dev, local, prod, staging\nNext: /,
    );
    expect(json.code).toBe(2);
    const { error } = JSON.parse(json.stdout);
    expect(error).toMatchObject({ code: "cli.usage", next: expect.stringContaining("Pulumi.nowhere.yaml") });
    expect(error.message).not.toContain("Next:");
  });

  it.each<[readonly string[], string]>([
    [["--json"], "unknown option '--json'"],
    [["status", "--jsno", "--json"], "unknown option '--jsno'"],
    [["logs", "-n", "0", "--json"], "want a whole number from 1 up"],
    [["chat", "--json"], "--json takes one answer"],
    [["key", "show", "--stack", "prod", "--json"], "only keys of a local stack are printed"],
  ])("answers wrong usage %j with one JSON document", async (args, reason) => {
    const { code, stdout } = await rampa(...args);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: "cli.usage", message: expect.stringContaining(reason), next: expect.any(String) },
    });
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

  it("gives logs as one JSON document, and one a line while it follows", async () => {
    const place = mkdtempSync(join(home, "logs-"));
    mkdirSync(join(place, "logs"));
    writeFileSync(join(place, "logs/pulumi.log"), "one\ntwo\nthree\n");
    const env = { ...process.env, RAMPA_HOME: place };
    const args = [join(paths.checkout, "stacks/cli/rampa.ts"), "logs", "pulumi", "-n", "2", "--json"];
    const lines = [
      { source: "pulumi", line: "two" },
      { source: "pulumi", line: "three" },
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 15_000 });
    expect(JSON.parse(stdout)).toEqual({ lines });
    const child = spawn(process.execPath, [...args, "--follow"], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const followed: unknown[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      followed.push(JSON.parse(line));
      if (followed.length === lines.length) break;
    }
    child.kill();
    expect(followed).toEqual(lines);
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
