// The live display on a real terminal: steps with their times, failures told once, and the cursor given back.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { paths } from "../../../stacks/local/paths.ts";
import {
  CTRL_C,
  HIDE_CURSOR,
  type Key,
  runInTerminal,
  SHOW_CURSOR,
  type Shown,
} from "../../kit/pseudo-terminal.ts";

const DEADLINE_MS = 60_000;
const home = mkdtempSync(join(tmpdir(), "rampa-terminal-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const rampa = (...args: readonly string[]): Promise<Shown> =>
  runInTerminal([process.execPath, join(paths.checkout, "stacks/cli/rampa.ts"), ...args], {
    deadlineMs: DEADLINE_MS,
    env: { RAMPA_HOME: home },
  });

/** Runs steps given as source text the way the verbs do. */
function runSource(steps: string, keys: readonly Key[] = []): Promise<Shown> {
  const module = JSON.stringify(join(paths.checkout, "stacks/cli/run-steps.ts"));
  const source = [
    `import { chooseDisplay, runSteps } from ${module};`,
    'import { setTimeout as sleep } from "node:timers/promises";',
    `await runSteps([${steps}], chooseDisplay(false));`,
    'console.log("after the steps");',
  ].join("\n");
  const command = [process.execPath, "--input-type=module", "--eval", source];
  return runInTerminal(command, { deadlineMs: DEADLINE_MS, keys });
}

function expectCursorBack(raw: string): void {
  expect(raw).toContain(HIDE_CURSOR);
  expect(raw.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(raw.lastIndexOf(HIDE_CURSOR));
}

describe("on a terminal", () => {
  it("a command shows each step with its time, then the shares, and ends well", async () => {
    const { code, raw, text } = await rampa("down");
    expect(code).toBe(0);
    expect(text).toMatch(/✔ \[1\/2\] Remove the cluster \[\d\.\d s\]\n✔ \[2\/2\] Forget the platform/);
    expect(text).toMatch(
      /Remove the cluster +\d\.\d s +\d+ %\n {2}Forget the platform +\d\.\d s +\d+ %\n {2}total/,
    );
    expectCursorBack(raw);
  });

  it("what a step is doing stands below it while it runs", async () => {
    const { code, text } = await runSource(
      '{ title: "One", run: async (p) => { p.report("building 1 of 2"); await sleep(400); } }',
    );
    expect(code).toBe(0);
    expect(text).toMatch(/ \[1\/1\] One\n {2}› building 1 of 2/);
    expect(text).toMatch(/✔ \[1\/1\] One \[[\d.]+ s\]\nafter the steps/);
  });

  it("a failure marks its step and is told once, with the next command", async () => {
    const { code, raw, text } = await runInTerminal(
      [
        ...["unshare", "--mount", "sh", "-c"],
        'mount -t tmpfs -o size=64m tmpfs "$RAMPA_HOME" && exec "$@"',
        ...["sh", process.execPath, join(paths.checkout, "stacks/cli/rampa.ts"), "up"],
      ],
      { deadlineMs: DEADLINE_MS, env: { RAMPA_HOME: home } },
    );
    expect(code).toBe(1);
    expect(text).toMatch(/✖ \[1\/7\] Check the machine/);
    expect(text.match(/cluster\.disk: /g)).toHaveLength(1);
    expect(text.match(/free some space, or set RAMPA_CACHE_DIR/g)).toHaveLength(1);
    expectCursorBack(raw);
  });
});

describe("Ctrl-C", () => {
  const ready: readonly Key[] = [{ after: "› working", send: CTRL_C }];
  const working = 'p.report("working"); await sleep(30_000);';

  it("ends the command at once and gives the cursor back", async () => {
    const { code, raw, text } = await runSource(`{ title: "One", run: async (p) => { ${working} } }`, ready);
    expect(code).toBe(130);
    expect(text).not.toContain("after the steps");
    expectCursorBack(raw);
  });

  it("lets a step stop in order that can, and ends it at the second time", async () => {
    const stopping = `{ title: "One", stopsInOrder: true, run: async (p) => {
      process.once("SIGINT", () => p.report("stopping"));
      ${working}
    } }`;
    const twice = [...ready, { after: "› stopping", send: CTRL_C }];
    const { code, raw, text } = await runSource(stopping, twice);
    expect(code).toBe(130);
    expect(text).toContain("› stopping");
    expectCursorBack(raw);
  });
});
