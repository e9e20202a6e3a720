// `npm run up` as a person sees it on a terminal: to the end, and with Ctrl-C in the middle of a deployment.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { createLocalEnvironment, type LocalEnvironment } from "../kit/local-environment.ts";
import { CTRL_C, HIDE_CURSOR, type Key, runInTerminal, SHOW_CURSOR } from "../kit/pseudo-terminal.ts";

const MINUTE = 60_000;
const STEPS = 7;

let environment: LocalEnvironment;

beforeAll(() => {
  environment = createLocalEnvironment(18_084);
});

afterAll(() => environment.remove(), 5 * MINUTE);

const up = (keys: readonly Key[] = []) =>
  runInTerminal(["npm", "run", "up"], { cwd: environment.folder, keys, deadlineMs: 12 * MINUTE });

function locks(): readonly string[] {
  const folder = join(environment.folder, ".rampa/state/.pulumi/locks");
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"))
    : [];
}

it(
  "goes through its steps to the box, each timed, and shows the key once",
  async () => {
    const { code, raw, text } = await up();
    expect(code).toBe(0);
    const done = text.slice(text.lastIndexOf(`✔ [1/${STEPS}]`));
    const timed = [...done.matchAll(/✔ \[(\d)\/7\] .+ \[(?:\d+ min \d\d|[\d.]+) s\]/g)];
    expect(timed.map(([, step]) => Number(step))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(done).toMatch(/\n {2}total +[\d.]+ s\n/);
    expect(done).toContain(`Base URL   ${environment.baseUrl}`);
    const { key } = await environment.rampaJson(z.object({ key: z.string() }), "key", "show");
    expect(raw.split(key)).toHaveLength(2);
    expect(done).toContain(`Key        ${key}`);
    expect(raw.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(raw.lastIndexOf(HIDE_CURSOR));
  },
  13 * MINUTE,
);

it(
  "stops in order at Ctrl-C, with the engine ended, nothing locked and the cursor back",
  async () => {
    environment.editStackFile((text) => text.replace("contextTokens: 1024", "contextTokens: 768"));
    const { code, raw, text } = await up([{ after: "updating Deployment", send: CTRL_C }]);
    expect(code).not.toBe(0);
    expect(text).toContain("stopping in order");
    expect(text).toMatch(/✖ \[6\/7\] Deploy the platform/);
    expect(text.match(/cli\.interrupted/g)).toHaveLength(1);
    expect(raw.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(raw.lastIndexOf(HIDE_CURSOR));
    expect(locks()).toEqual([]);
    const left = readdirSync(join(environment.folder, ".rampa"));
    expect(left.filter((name) => name.startsWith("change.lock"))).toEqual([]);
  },
  13 * MINUTE,
);
