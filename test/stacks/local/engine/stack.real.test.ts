// Drives a real engine against a real API server: the life of a stack, a kill in the middle, and bad state.
import { execFile, spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineError } from "../../../../stacks/local/engine/engine-error.ts";
import { engineEnvironment } from "../../../../stacks/local/engine/environment.ts";
import { recoverStack } from "../../../../stacks/local/engine/recovery.ts";
import {
  destroyStack,
  openStack,
  previewStack,
  readOutputs,
  type StackHandle,
  upStack,
} from "../../../../stacks/local/engine/stack.ts";
import { readLocks, stateFilesOf } from "../../../../stacks/local/engine/state-files.ts";
import { startTestCluster, type TestCluster } from "./api-server-kit.ts";
import { createTestProject, filesContaining, type TestProject } from "./project-kit.ts";

const LONG_MS = 120_000;
const RESOURCES = 12;

let cluster: TestCluster;
let project: TestProject;

beforeAll(async () => {
  cluster = await startTestCluster();
  project = await createTestProject(cluster.kubeconfig);
}, 20 * 60_000);

afterAll(async () => {
  project?.remove();
  await cluster?.stop();
});

function open(): Promise<StackHandle> {
  return openStack(project.engine, "local", project.places);
}

async function status(path: string): Promise<number> {
  return (await cluster.api("GET", path)).status;
}

async function failure(work: Promise<unknown>): Promise<EngineError> {
  return work.then(
    () => {
      throw new Error("expected a failure");
    },
    (error: EngineError) => error,
  );
}

const UNIT = "/api/v1/namespaces/unit";

describe("the life of a stack", () => {
  it(
    "previews every resource without making any",
    async () => {
      const { changes } = await previewStack(await open());
      expect(changes).toEqual({ create: RESOURCES });
      expect(await status(UNIT)).toBe(404);
    },
    LONG_MS,
  );

  it(
    "makes what the preview announced",
    async () => {
      const { changes } = await upStack(await open());
      expect(changes).toEqual({ create: RESOURCES });
      expect(await status(`${UNIT}/secrets/keys`)).toBe(200);
      expect(await status("/apis/test.dev/v1/namespaces/unit/widgets/widget")).toBe(200);
    },
    LONG_MS,
  );

  it(
    "changes nothing when nothing changed",
    async () => {
      expect((await upStack(await open())).changes).toEqual({ same: RESOURCES });
    },
    LONG_MS,
  );

  it("leaves the config file as the user wrote it", () => {
    const { config } = stateFilesOf(project.places, "local");
    expect(readFileSync(config, "utf8")).not.toContain("encryptionsalt");
  });

  it(
    "gives the outputs back and keeps the secret one out of every file",
    async () => {
      const { key } = await readOutputs(await open());
      expect(key).toMatch(/^[A-Za-z0-9]{40}$/);
      expect(filesContaining(project.places.home, String(key))).toEqual([]);
      const encoded = Buffer.from(String(key)).toString("base64");
      expect(filesContaining(project.places.home, encoded)).toEqual([]);
      const { body } = await cluster.api("GET", `${UNIT}/secrets/keys`);
      expect(body).toMatchObject({ data: { key: encoded } });
    },
    LONG_MS,
  );

  it(
    "agrees with the plain CLI in a shell that has only the printed environment",
    async () => {
      const environment = engineEnvironment(project.places);
      const options = { cwd: project.places.checkout, env: { ...environment, HOME: project.places.home } };
      const args = ["preview", "--stack", "local", "--expect-no-changes", "--non-interactive"];
      const { stdout } = await promisify(execFile)("pulumi", args, options);
      expect(stdout).toContain(`${RESOURCES} unchanged`);
      expect(stdout).not.toContain("warning");
    },
    LONG_MS,
  );

  it(
    "updates in place what can change and replaces what cannot",
    async () => {
      project.configure({ value: "two", size: "3", settingsName: "renamed" });
      const { changes } = await upStack(await open());
      expect(changes).toEqual({ same: RESOURCES - 3, update: 2, replace: 1 });
      expect(await status(`${UNIT}/configmaps/settings`)).toBe(404);
      const { body } = await cluster.api("GET", `${UNIT}/configmaps/renamed`);
      expect(body).toMatchObject({ data: { "config.json": "two" } });
      project.configure({});
      await upStack(await open());
    },
    LONG_MS,
  );

  it(
    "makes an object anew that somebody deleted, once the stack is refreshed",
    async () => {
      await cluster.api("DELETE", `${UNIT}/configmaps/settings`);
      await promisify(execFile)(
        project.engine.pulumi,
        ["refresh", "--yes", "--stack", "local", "--non-interactive"],
        {
          cwd: project.places.checkout,
          env: { ...process.env, ...project.engine.env },
        },
      );
      expect((await upStack(await open())).changes).toEqual({ create: 1, same: RESOURCES - 1 });
    },
    LONG_MS,
  );

  it(
    "names the manager whose field it would overwrite",
    async () => {
      const path = "/apis/test.dev/v1/namespaces/unit/widgets/widget?fieldManager=somebody";
      await cluster.api("PATCH", path, { spec: { size: 7 } }, "application/merge-patch+json");
      project.configure({ size: "4" });
      const error = await failure(upStack(await open()));
      expect(error.code).toBe("engine.operation-failed");
      expect(error.message).toContain('conflict with "somebody"');
      project.configure({});
      await cluster.api("PATCH", path, { spec: { size: 1 } }, "application/merge-patch+json");
    },
    LONG_MS,
  );

  it(
    "does not take over an object that it did not make",
    async () => {
      await cluster.api("POST", `${UNIT}/configmaps`, {
        metadata: { name: "foreign" },
        data: { mine: "yes" },
      });
      project.configure({ settingsName: "foreign" });
      const error = await failure(upStack(await open()));
      expect(error.message).toContain("ConfigMap unit/foreign (v1) already exists");
      const { body } = await cluster.api("GET", `${UNIT}/configmaps/foreign`);
      expect(body).toMatchObject({ data: { mine: "yes" } });
      project.configure({});
    },
    LONG_MS,
  );

  it(
    "reports at the deadline why a workload is not ready, and keeps it in the state",
    async () => {
      project.configure({ deployment: "await", timeout: "3s" });
      const error = await failure(upStack(await open()));
      expect(error.message).toContain("Deployment unit/workload is not ready: 0 of 1 pods available");
      expect(error.message).toMatch(/pod workload-\S+: Pending/);
      expect((await previewStack(await open())).changes).toEqual({ same: RESOURCES, update: 1 });
      project.configure({});
      expect((await upStack(await open())).changes).toEqual({ same: RESOURCES, delete: 1 });
    },
    LONG_MS,
  );
});

describe("a run that was killed", () => {
  it(
    "is taken up by the next one without orphans or duplicates",
    async () => {
      project.configure({ deployment: "await" });
      const pid = await killInTheMiddle();
      const handle = await open();
      expect(readLocks(handle.files)).toEqual([{ file: expect.any(String), pid, isAlive: false }]);
      const recovery = await recoverStack(handle, cluster.kubeconfig);
      expect(recovery).toMatchObject({
        locksRemoved: 1,
        imported: [expect.stringContaining("::workload")],
        cleared: [],
      });
      project.configure({ deployment: "skip" });
      const { changes } = await upStack(await open());
      expect(changes).toEqual({ same: RESOURCES, update: 1 });
      expect((await upStack(await open())).changes).toEqual({ same: RESOURCES + 1 });
      const { body } = await cluster.api("GET", "/apis/apps/v1/namespaces/unit/deployments");
      expect(body).toMatchObject({ items: [{ metadata: { name: "workload" } }] });
    },
    LONG_MS,
  );

  it("needs no recovery when it ended by itself", async () => {
    const recovery = await recoverStack(await open(), cluster.kubeconfig);
    expect(recovery).toEqual({ locksRemoved: 0, imported: [], cleared: [] });
  });
});

/** Kills the engine with SIGKILL once its workload is in the cluster and waited for. */
async function killInTheMiddle(): Promise<number> {
  const child = spawn(project.engine.pulumi, ["up", "--yes", "--skip-preview", "--stack", "local"], {
    cwd: project.places.checkout,
    env: { ...process.env, ...project.engine.env },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const deadline = Date.now() + 60_000;
  while ((await status("/apis/apps/v1/namespaces/unit/deployments/workload")) !== 200) {
    if (Date.now() > deadline) throw new Error("the workload was not made");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const pid = child.pid ?? 0;
  process.kill(pid, "SIGKILL");
  await ended;
  return pid;
}

describe("bad state", () => {
  it(
    "names the live process that holds the stack",
    async () => {
      const handle = await open();
      const lock = `${handle.files.lockFolder}/test.json`;
      const holder = await startNamedPulumi();
      writeFileSync(lock, JSON.stringify({ pid: holder.pid, username: "x", hostname: "x" }));
      try {
        const error = await failure(upStack(handle));
        expect(error.code).toBe("engine.state-locked");
        expect(error.message).toContain(`process ${holder.pid} holds ${lock}`);
      } finally {
        await holder.stop();
        await recoverStack(handle, cluster.kubeconfig);
      }
      expect(existsSync(lock)).toBe(false);
    },
    LONG_MS,
  );

  it(
    "refuses a wrong passphrase before any provider runs",
    async () => {
      const { passphrase } = project.places;
      const right = readFileSync(passphrase, "utf8");
      writeFileSync(passphrase, "wrong");
      const error = await failure(open());
      writeFileSync(passphrase, right);
      expect(error.code).toBe("engine.passphrase-wrong");
      expect(error.message).toContain(passphrase);
    },
    LONG_MS,
  );

  it("names a truncated state file and the backup that can replace it", async () => {
    const { checkpoint } = stateFilesOf(project.places, "local");
    copyFileSync(checkpoint, `${checkpoint}.kept`);
    truncateSync(checkpoint, 100);
    const error = await failure(open());
    copyFileSync(`${checkpoint}.kept`, checkpoint);
    expect(error.code).toBe("engine.state-damaged");
    expect(error.next).toBe(`cp '${checkpoint}.bak' '${checkpoint}' && npm run up`);
  });

  it(
    "names the server that does not answer, and changes nothing",
    async () => {
      const dead = `${project.places.home}/dead-kubeconfig`;
      const config = readFileSync(cluster.kubeconfig, "utf8").replace(/127\.0\.0\.1:\d+/, "127.0.0.1:9");
      writeFileSync(dead, config);
      project.configure({ kubeconfig: dead, value: "three" });
      const error = await failure(previewStack(await open()));
      expect(error.message).toContain("The Kubernetes API server https://127.0.0.1:9 does not answer");
      expect(error.next).toContain("npm run rampa -- status");
      project.configure({ deployment: "skip" });
    },
    LONG_MS,
  );
});

/** A process that the kernel calls `pulumi`, as the real CLI waiting for nothing. */
async function startNamedPulumi(): Promise<{ pid: number; stop(): Promise<void> }> {
  const named = `${project.places.state}/pulumi`;
  copyFileSync("/bin/sleep", named);
  const child = spawn(named, ["60"], { stdio: "ignore" });
  await new Promise((resolve) => child.once("spawn", resolve));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
  };
  return { pid: child.pid ?? 0, stop };
}

describe("the end of a stack", () => {
  it(
    "removes all that the stack made and nothing else",
    async () => {
      await cluster.api("POST", "/api/v1/namespaces/default/configmaps", { metadata: { name: "kept" } });
      const { changes } = await destroyStack(await open());
      expect(changes).toEqual({ delete: RESOURCES + 1 });
      expect(await status(UNIT)).toBe(404);
      expect(await status("/api/v1/namespaces/default/configmaps/kept")).toBe(200);
    },
    LONG_MS,
  );
});
