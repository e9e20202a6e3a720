// Serving processes told to end while something in them or around them no longer moves.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { paths } from "../../../stacks/local/paths.ts";
import { freePort } from "../../kit/free-port.ts";
import { keyEntry } from "../gateway/fixture.ts";

const DRAIN = { settleMs: 0, graceMs: 1_000 };
/** Grace time and the second after it in which the last answers are cut, and what a busy machine needs besides. */
const END_MS = DRAIN.graceMs + 1_000 + 4_000;
const READY_MS = 20_000;

let folder = "";
let port = 0;
let children: ChildProcess[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rampa-end-"));
  port = await freePort();
  for (const name of ["stdout", "stuck"]) execFileSync("mkfifo", [join(folder, name)]);
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  rmSync(folder, { recursive: true });
});

function write(name: string, value: object): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

function writeGatewayConfig(): string {
  return write("gateway.json", {
    role: "gateway",
    listen: { host: "127.0.0.1", port },
    keysFile: write("keys.json", { keys: [keyEntry("rk-1")] }),
    routes: { from: "file", path: write("routes.json", []) },
    drain: DRAIN,
  });
}

function writeModelConfig(): string {
  const artefact = { source: "file:///nowhere", sha256: "0".repeat(64) };
  const listen = { host: "127.0.0.1", port };
  return write("model.json", {
    role: "model",
    listen,
    endpoint: "chat",
    version: "1.0.0",
    artefact,
    drain: DRAIN,
  });
}

type Start = {
  readonly config: string;
  readonly program?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdout?: number;
  /** What runs Node, with its arguments. */
  readonly under?: readonly string[];
};
type Ended = { readonly code: number | null; readonly stderr: string };
type Started = {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
};

function start({ config, program = "serving/main.ts", env, stdout, under = [] }: Start): Started {
  const [command = "", ...args] = [...under, process.execPath, join(paths.checkout, program)];
  const child = spawn(command, args, {
    env: { ...process.env, ...env, RAMPA_CONFIG: config },
    stdio: ["ignore", stdout ?? "ignore", "pipe"],
  });
  children.push(child);
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) =>
    child.once("exit", (code) => resolve({ code, stderr: text })),
  );
  return { child, stderr: () => text, ended };
}

const startStuckModel = (more: Partial<Start> = {}): Started =>
  start({
    config: writeModelConfig(),
    program: "test/serving/http/stuck-model.ts",
    ...more,
    env: { STUCK_FIFO: join(folder, "stuck"), ...more.env },
  });

async function untilListening(): Promise<void> {
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/livez`).then(
      (response) => response.ok,
      () => false,
    );
  await expect.poll(answers, { timeout: READY_MS }).toBe(true);
}

async function untilStuck({ stderr }: Started): Promise<void> {
  await expect.poll(stderr, { timeout: READY_MS }).toContain("stuck");
}

/** SIGTERM to the serving process, and its exit code; `killed` for one that did not end in time. */
async function terminate({ child, ended }: Started, pid = child.pid ?? 0): Promise<number | null | "killed"> {
  process.kill(pid, "SIGTERM");
  return Promise.race([ended.then(({ code }) => code), sleep(END_MS, "killed" as const)]);
}

/** A pipe that nobody reads, already full. */
function openFullPipe(): number {
  const path = join(folder, "stdout");
  const pipe = openSync(path, constants.O_RDWR);
  const filler = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(filler, Buffer.alloc(4_096));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
  } finally {
    closeSync(filler);
  }
  return pipe;
}

/** Node as process 1 of a PID namespace of its own, as in a container. */
const AS_PROCESS_ONE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];

async function innerPid({ child }: Started): Promise<number> {
  const children = (): string => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
  await expect.poll(children, { timeout: READY_MS }).not.toBe("");
  return Number(children());
}

describe("on SIGTERM, a gateway", () => {
  it("ends with 0 when its stdout is a full pipe that nobody reads", async () => {
    const stdout = openFullPipe();
    const gateway = start({ config: writeGatewayConfig(), stdout });
    await untilListening();
    expect(await terminate(gateway)).toBe(0);
    closeSync(stdout);
  });

  it("ends with 0 when a thread of its pool is stuck in a file that it rereads", async () => {
    const gateway = start({ config: writeGatewayConfig() });
    await untilListening();
    renameSync(join(folder, "stuck"), join(folder, "keys.json"));
    await sleep(2_500);
    expect(await terminate(gateway)).toBe(0);
  });

  it("ends with 143 when it is stuck before it listens, also as process 1", async () => {
    const config = writeGatewayConfig();
    renameSync(join(folder, "stuck"), join(folder, "keys.json"));
    const gateway = start({ config, under: AS_PROCESS_ONE });
    const pid = await innerPid(gateway);
    await sleep(3_000);
    expect(await terminate(gateway, pid)).toBe(143);
  });

  it("ends with 0 as process 1, with a full stdout", async () => {
    const stdout = openFullPipe();
    const gateway = start({ config: writeGatewayConfig(), under: AS_PROCESS_ONE, stdout });
    await untilListening();
    expect(await terminate(gateway, await innerPid(gateway))).toBe(0);
    closeSync(stdout);
  });
});

describe("on SIGTERM, a model server with every thread of its pool stuck", () => {
  it("ends with 0", async () => {
    const model = startStuckModel();
    await untilStuck(model);
    expect(await terminate(model)).toBe(0);
  });

  it("ends with 0 as process 1, with a full stdout", async () => {
    const stdout = openFullPipe();
    const model = startStuckModel({ under: AS_PROCESS_ONE, stdout });
    await untilStuck(model);
    expect(await terminate(model, await innerPid(model))).toBe(0);
    closeSync(stdout);
  });
});

describe("an error that nobody expects", () => {
  it("ends the process with 1 and its stack on stderr, though every thread of the pool is stuck", async () => {
    const model = startStuckModel({ env: { STUCK_THEN: "throw" } });
    await untilStuck(model);
    const ended = await Promise.race([model.ended, sleep(END_MS, "killed" as const)]);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("Error: nobody expects this\n") });
  });
});
