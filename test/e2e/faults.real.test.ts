// Bad input, killed runs and planted secrets on a standing environment: what is said, and that nothing is lost.
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createLocalEnvironment, type LocalEnvironment } from "../kit/local-environment.ts";
import { type LoadTarget, sendRequests } from "../kit/steady-load.ts";
import { type ContainerStatus, containerOf, runInProcess } from "./pod-process.ts";

const MINUTE = 60_000;
const upSchema = z.object({ changes: z.record(z.string(), z.number()) });

let environment: LocalEnvironment;
let target: LoadTarget;
let stackText: string;

beforeAll(async () => {
  environment = createLocalEnvironment(18_082);
  await killMidUp();
  await environment.rampaJson(upSchema, "up");
  target = await environment.loadTarget();
  stackText = readFileSync(environment.stackFile, "utf8");
}, 25 * MINUTE);

afterAll(() => environment.remove(), 5 * MINUTE);

/** Starts `up` on nothing and kills it, its engine and its plugins with -9 while it creates objects. */
async function killMidUp(): Promise<void> {
  const child = environment.startRampa("up");
  const pid = child.pid ?? 0;
  const state = join(environment.folder, ".rampa/state/.pulumi/stacks/rampa/local.json");
  await until(() => countOf(state, /"type": ?"kubernetes:/g) > 5);
  process.kill(-pid, "SIGKILL");
  await until(() => child.signalCode !== null);
  // The plugins are in process groups of their own; they notice by themselves that the engine is gone.
  await until(() => pluginsOfCopy().length === 0);
}

const pluginsOfCopy = (): string[] =>
  readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && commandOf(name).includes(`${environment.folder}/stacks/local/engine/`),
  );

function countOf(file: string, pattern: RegExp): number {
  try {
    return readFileSync(file, "utf8").match(pattern)?.length ?? 0;
  } catch {
    // Not written yet.
    return 0;
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 15 * MINUTE;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error("did not come true in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function expectStillAnswering(): Promise<void> {
  const report = await sendRequests(target, 3, 1);
  expect(report.failures).toEqual(new Map());
}

/** Runs a command on an edited stack file and puts the file back. */
async function withStackFile(edit: (text: string) => string, ...args: readonly string[]) {
  environment.editStackFile(edit);
  try {
    return await environment.rampa(...args);
  } finally {
    writeFileSync(environment.stackFile, stackText);
  }
}

describe("an up that was killed with -9 half-way", () => {
  it("is completed by the next one, with every object once and nothing left to change", async () => {
    await expectStillAnswering();
    const { changes } = await environment.rampaJson(upSchema, "preview");
    expect(Object.keys(changes)).toEqual(["same"]);
    const kubectl = join(environment.folder, ".rampa/bin/kubectl");
    const query = ["--namespace=rampa", "get", "deployments", "--output=name"];
    const kubeconfig = `--kubeconfig=${join(environment.folder, ".rampa/cluster/kubeconfig")}`;
    const { stdout } = await environment.run(kubectl, [kubeconfig, ...query]);
    expect(stdout.trim().split("\n").toSorted()).toEqual([
      "deployment.apps/cache",
      "deployment.apps/chat-1-0-0",
      "deployment.apps/chat-1-1-0",
      "deployment.apps/embed-1-0-0",
      "deployment.apps/gateway",
    ]);
  });
});

describe("a stack file", () => {
  it("with several faults is refused with all of them, their places and the next command", async () => {
    const edit = (text: string): string =>
      text
        .replace("1.0.0: 90", "1.0.0: 80")
        .replace("1.1.0: 10", "9.9.9: 10")
        .replace("rotation: 1", 'rotation: "one"')
        .replace("rampa:owner:", "rampa:ownr:");
    const { code, stderr, stdout } = await withStackFile(edit, "up");
    expect(code).toBe(2);
    const told = `${stdout}${stderr}`;
    for (const part of [
      "stacks/Pulumi.local.yaml",
      "rampa:ownr",
      "rampa:owner",
      "rampa:secrets.rotation",
      "rampa:endpoints.chat.weights.9.9.9",
      "Next:",
    ]) {
      expect(told).toContain(part);
    }
    await expectStillAnswering();
  });

  it("with the wrong checksum of a model is refused before anything changes", async () => {
    const wrong = "0".repeat(64);
    const edit = (text: string): string => text.replaceAll(/sha256: [0-9a-f]{64}/g, `sha256: "${wrong}"`);
    const { code, stderr, stdout } = await withStackFile(edit, "up");
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toContain(wrong);
    await expectStillAnswering();
    const { changes } = await environment.rampaJson(upSchema, "preview");
    expect(Object.keys(changes)).toEqual(["same"]);
  });
});

describe("a policy finding", () => {
  it("stops the change: here an exemption that has expired", async () => {
    const file = join(environment.folder, "policies/exemptions.json");
    const before = readFileSync(file, "utf8");
    const urn = "urn:pulumi:local::rampa::rampa:gateway:AiGateway::gateway";
    const expired = {
      rule: "pod-restricted",
      urn,
      reason: "kept to show what expiry does",
      expires: "2020-01-31",
    };
    writeFileSync(file, JSON.stringify([expired]));
    const { code, stderr, stdout } = await environment.rampa("up");
    writeFileSync(file, before);
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toContain("exemptions-current");
    await expectStillAnswering();
  });
});

describe("the state", () => {
  const stateFile = () => join(environment.folder, ".rampa/state/.pulumi/stacks/rampa/local.json");

  it("is refused with another passphrase before any provider is called", async () => {
    const file = join(environment.folder, ".rampa/passphrase");
    const right = readFileSync(file, "utf8");
    writeFileSync(file, "not-the-passphrase");
    const { code, stderr, stdout } = await environment.rampa("preview");
    writeFileSync(file, right);
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toMatch(/passphrase/);
    expect(`${stdout}${stderr}`).not.toContain(right.trim());
  });

  it("is refused when it is cut short, with what to do", async () => {
    const whole = readFileSync(stateFile());
    truncateSync(stateFile(), 1_000);
    const { code, stderr, stdout } = await environment.rampa("up");
    writeFileSync(stateFile(), whole);
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toContain("local.json");
    await expectStillAnswering();
  });
});

describe("two ups at once", () => {
  it("let the first go on; the second names it and ends", async () => {
    const first = environment.startRampa("up");
    const home = join(environment.folder, ".rampa");
    await until(() => readdirSync(home).some((name) => name.startsWith("change.lock.")));
    const second = await environment.rampa("up");
    expect(second.code).not.toBe(0);
    expect(`${second.stdout}${second.stderr}`).toMatch(/'rampa up' is running since \S+, as process \d+/);
    await until(() => first.exitCode !== null);
    expect(first.exitCode).toBe(0);
  });
});

describe("planted secrets", () => {
  it("are in no state, log or plan in clear", async () => {
    const plan = await environment.run("sh", [
      "-c",
      `eval "$(node stacks/local/bootstrap.mjs stacks/cli/rampa.ts env)" && pulumi preview --stack local --diff --show-sames --non-interactive && pulumi stack output && pulumi stack export`,
    ]);
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.stdout).not.toContain(target.key);
    expect(plan.stdout).not.toContain(target.key.slice(3));
    const kept = filesBelow(join(environment.folder, ".rampa"), ["state", "logs", "pulumi"]);
    expect(kept.length).toBeGreaterThan(5);
    for (const file of kept) {
      const text = readFileSync(file).toString("latin1");
      expect(text.includes(target.key.slice(3)), file).toBe(false);
    }
    const logs = await environment.rampa("logs", "gateway");
    expect(logs.stdout).not.toContain(target.key.slice(3));
  });
});

function filesBelow(home: string, folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(home, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    // It ended while the list was read.
    return "";
  }
}

describe("a cluster whose every part was killed with -9", () => {
  /** The forwarder's daemon first, as it would bring the others back. */
  function killCluster(): number {
    const daemons = pidsOfCluster().filter((pid) => commandOf(pid).includes("daemon.ts"));
    for (const pid of daemons) process.kill(Number(pid), "SIGKILL");
    const rest = pidsOfCluster();
    for (const pid of rest) process.kill(Number(pid), "SIGKILL");
    return daemons.length + rest.length;
  }

  const pidsOfCluster = (): string[] =>
    readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isOfThisCluster(commandOf(name)));

  const isOfThisCluster = (command: string): boolean =>
    command.includes(environment.folder) &&
    /etcd|kube-|kubelet|containerd|tini|stacks\/local\/cluster/.test(command) &&
    !command.includes("vitest");

  it("makes preview say that the API server is out of reach, and what to run", async () => {
    expect(killCluster()).toBeGreaterThan(3);
    const { code, stdout, stderr } = await environment.rampa("preview");
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toMatch(/rampa (up|status)|npm run up/);
  });

  it("comes back with the next up, nothing changed, and answers", async () => {
    const { changes } = await environment.rampaJson(upSchema, "up");
    expect(Object.keys(changes)).toEqual(["same"]);
    await expectStillAnswering();
  });
});

describe("a model server in its pod", () => {
  const model = "chat-1-0-0";

  async function untilReady(restarts: number): Promise<ContainerStatus> {
    for (let left = 300; left > 0; left -= 1) {
      const now = await containerOf(environment, model);
      if (now.restartCount >= restarts && now.ready) return now;
      await sleep(1_000);
    }
    throw new Error(`${model} is not ready after ${restarts} restarts`);
  }

  /** Breaks the process by `code` and waits until the kubelet runs a ready one in its place; tells how the old one ended. */
  async function breakProcess(code: string): Promise<ContainerStatus["lastState"]> {
    const before = await untilReady(0);
    runInProcess(before, code);
    return (await untilReady(before.restartCount + 1)).lastState;
  }

  it("is started anew when it runs out of memory", async () => {
    const hog = "const hog = []; setInterval(() => hog.push(Buffer.alloc(5e7, 1)), 10); 0";
    expect(await breakProcess(hog)).toMatchObject({ terminated: { reason: "OOMKilled", exitCode: 137 } });
    await expectStillAnswering();
  });

  it("is started anew when it is wedged so that it hears no signal", async () => {
    const wedge = "setTimeout(() => { for (;;); }, 100); 0";
    expect(await breakProcess(wedge)).toMatchObject({ terminated: { exitCode: 137 } });
    await expectStillAnswering();
  });
});
