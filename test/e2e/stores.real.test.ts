// The stores of the local stack: rows survive a killed server, a wrong statement and the loss of the volume.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createLocalEnvironment, type LocalEnvironment } from "../kit/local-environment.ts";
import { killContainer } from "./pod-process.ts";

const MINUTE = 60_000;
const copySchema = z.object({ name: z.string(), bytes: z.int(), made: z.iso.datetime() });
const listSchema = z.object({ copies: z.array(copySchema) });
const upSchema = z.object({ changes: z.record(z.string(), z.number()) });
const restoredSchema = z.object({ name: z.string(), replacedRelations: z.int() });

let environment: LocalEnvironment;
let volumes: string;

beforeAll(async () => {
  environment = createLocalEnvironment(18_096);
  volumes = join(environment.folder, ".rampa/data/rampa");
  environment.editStackFile((text) => text.replace("postgres: {}", "postgres: {backups: {keep: 2}}"));
  const { code, stdout, stderr } = await environment.rampa("up");
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
}, 25 * MINUTE);

afterAll(() => environment.remove(), 5 * MINUTE);

const kubectlArgs = (): [program: string, args: string[]] => {
  const kubeconfig = join(environment.folder, ".rampa/cluster/kubeconfig");
  return [
    join(environment.folder, ".rampa/bin/kubectl"),
    ["--kubeconfig", kubeconfig, "--namespace", "rampa"],
  ];
};

function kubectl(...args: readonly string[]): string {
  const [program, first] = kubectlArgs();
  return execFileSync(program, [...first, ...args], { encoding: "utf8", timeout: 5 * MINUTE }).trim();
}

function sql(...statements: readonly string[]): string {
  const commands = statements.flatMap((statement) => ["--command", statement]);
  const psql = ["psql", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"];
  return kubectl("exec", "postgres-0", "--container=postgres", "--", ...psql, ...commands);
}

/** Again until it does not throw: the kubelet takes a moment to notice that a container has ended or a pod is another. */
async function eventually(act: () => void): Promise<void> {
  const deadline = Date.now() + 2 * MINUTE;
  for (;;) {
    try {
      act();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(500);
    }
  }
}

const untilAnswers = (): Promise<void> => eventually(() => void sql("select 1"));

/** Inserts numbers one after the other, each by a connection of its own; resolves when the server is gone. */
async function insertUntilKilled(kill: () => void): Promise<number> {
  const loop =
    'n=0; while psql --quiet --command="insert into written values ($n)"; do echo $n; n=$((n+1)); done';
  const [program, first] = kubectlArgs();
  const child = spawn(program, [
    ...first,
    "exec",
    "postgres-0",
    "--container=postgres",
    "--",
    "sh",
    "-c",
    loop,
  ]);
  let acknowledged = -1;
  let isKilled = false;
  child.stdout.on("data", (chunk: Buffer) => {
    const numbers = chunk.toString().trim().split("\n").map(Number);
    acknowledged = numbers.at(-1) ?? acknowledged;
    if (acknowledged < 40 || isKilled) return;
    isKilled = true;
    kill();
  });
  await new Promise((settle) => child.once("close", settle));
  return acknowledged;
}

describe("the deployed stores", () => {
  it("are left alone by a second up", async () => {
    const { changes } = await environment.rampaJson(upSchema, "up");
    expect(Object.keys(changes)).toEqual(["same"]);
  });

  it("leave no password in clear in the state", () => {
    const state = join(environment.folder, ".rampa/state/.pulumi");
    for (const secret of ["postgres-password", "cache-password"]) {
      const encoded = kubectl("get", "secret", secret, "-o", "jsonpath={.data.password}");
      const clear = Buffer.from(encoded, "base64").toString();
      expect(clear).toHaveLength(40);
      for (const text of [clear, encoded]) {
        const found = spawnSync("grep", [
          "--recursive",
          "--files-with-matches",
          "--fixed-strings",
          text,
          state,
        ]);
        expect(found.stdout.toString()).toBe("");
      }
    }
  });
});

describe("Postgres in the local cluster", () => {
  it(
    "loses no row that was committed when its server is killed",
    async () => {
      sql("create table written (n int primary key)");
      const last = await insertUntilKilled(() => {
        const path = "jsonpath={.status.containerStatuses[0].containerID}";
        killContainer(kubectl("get", "pod", "postgres-0", "-o", path));
      });
      await untilAnswers();
      const [count, most] = sql("select count(*), max(n) from written").split("|").map(Number);
      expect(last).toBeGreaterThanOrEqual(40);
      expect(most).toBeGreaterThanOrEqual(last);
      expect(count).toBe((most ?? 0) + 1);
    },
    5 * MINUTE,
  );

  it(
    "is stopped in order within seconds though a client is connected",
    async () => {
      const [program, first] = kubectlArgs();
      const idle = [
        "exec",
        "postgres-0",
        "--container=postgres",
        "--",
        "psql",
        "--command",
        "select pg_sleep(300)",
      ];
      const client = spawn(program, [...first, ...idle], { stdio: "ignore" });
      const started = performance.now();
      kubectl("delete", "pod", "postgres-0", "--wait=true");
      const seconds = (performance.now() - started) / 1000;
      client.kill();
      expect(seconds).toBeLessThan(30);
      await eventually(() => {
        const log = kubectl("logs", "postgres-0", "--container=postgres");
        expect(log).toContain("database system was shut down at");
      });
      await untilAnswers();
    },
    5 * MINUTE,
  );

  it(
    "keeps as many copies as the settings say, the newest ones",
    async () => {
      const made: string[] = [];
      for (let index = 0; index < 3; index += 1) {
        made.push((await environment.rampaJson(copySchema, "data", "backup")).name);
      }
      const { copies } = await environment.rampaJson(listSchema, "data", "list");
      expect(copies.map(({ name }) => name)).toEqual(made.slice(1).reverse());
    },
    5 * MINUTE,
  );

  it(
    "is not overwritten unless that is asked for, and then whole",
    async () => {
      const before = sql("select count(*), sum(n) from written");
      sql("delete from written where n > 3", "create table later (n int)");
      const refused = await environment.rampa("data", "restore", "latest");
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain("cli.database-not-empty: the database has 2 relations");
      expect(sql("select count(*) from written")).toBe("4");
      const done = await environment.rampaJson(restoredSchema, "data", "restore", "latest", "--overwrite");
      expect(done.replacedRelations).toBe(2);
      expect(sql("select count(*), sum(n) from written", "select to_regclass('later') is null")).toBe(
        `${before}\nt`,
      );
    },
    5 * MINUTE,
  );

  it(
    "is left as it is by a copy that cannot be restored",
    async () => {
      const before = sql("select count(*), sum(n) from written");
      writeFileSync(join(volumes, "postgres-backups/rampa-20200101T000000Z.dump"), "PGDMP, cut off");
      const refused = await environment.rampa(
        "data",
        "restore",
        "rampa-20200101T000000Z.dump",
        "--overwrite",
      );
      rmSync(join(volumes, "postgres-backups/rampa-20200101T000000Z.dump"));
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(
        "cli.backup-damaged: rampa-20200101T000000Z.dump cannot be read as a copy",
      );
      expect(sql("select count(*), sum(n) from written")).toBe(before);
    },
    5 * MINUTE,
  );

  it(
    "takes a new password at its next start, on the volume that it has",
    async () => {
      const password = "another-password-of-another-stack";
      const data = { stringData: { password } };
      kubectl("patch", "secret", "postgres-password", "--patch", JSON.stringify(data));
      kubectl("delete", "pod", "postgres-0", "--wait=true");
      await untilAnswers();
      // Its job logs in over the network, by the password.
      expect((await environment.rampaJson(copySchema, "data", "backup")).bytes).toBeGreaterThan(0);
    },
    5 * MINUTE,
  );

  it(
    "comes back from a copy after its volume is lost",
    async () => {
      const before = sql("select count(*), sum(n) from written");
      kubectl("scale", "statefulset/postgres", "--replicas=0");
      kubectl("wait", "pod/postgres-0", "--for=delete", "--timeout=120s");
      for (const name of readdirSync(join(volumes, "postgres"))) {
        rmSync(join(volumes, "postgres", name), { recursive: true });
      }
      kubectl("scale", "statefulset/postgres", "--replicas=1");
      kubectl("rollout", "status", "statefulset/postgres", "--timeout=180s");
      expect(sql("select to_regclass('written') is null")).toBe("t");
      const done = await environment.rampaJson(restoredSchema, "data", "restore", "latest");
      expect(done.replacedRelations).toBe(0);
      expect(sql("select count(*), sum(n) from written")).toBe(before);
    },
    5 * MINUTE,
  );
});

describe("the cache in the local cluster", () => {
  /** Sends lines to the cache from the gateway's pod; the first words of each answer. */
  function ask(...lines: readonly string[]): string[] {
    const program = `
      const socket = require("node:net").connect(6379, "cache");
      let answers = "";
      socket.on("data", (chunk) => { answers += chunk; });
      for (const line of ${JSON.stringify([...lines, "QUIT"])}) socket.write(line + "\\r\\n");
      socket.on("close", () => process.stdout.write(answers));`;
    const answers = kubectl("exec", "deployment/gateway", "--", "node", "--eval", program);
    return answers.split("\r\n").filter((line) => line !== "");
  }

  const password = (): string => {
    const encoded = kubectl("get", "secret", "cache-password", "-o", "jsonpath={.data.password}");
    return Buffer.from(encoded, "base64").toString();
  };

  it("answers who knows the password, for the platform's own keys", () => {
    const answers = ask(
      `AUTH ${password()}`,
      "SET rampa:seen 1 EX 60",
      "GET rampa:seen",
      "SET other 1",
      "FLUSHALL",
    );
    expect(answers.map((answer) => answer.split(" ")[0])).toEqual([
      "+OK",
      "+OK",
      "$1",
      "1",
      "-NOPERM",
      "-NOPERM",
      "+OK",
    ]);
    expect(ask("GET rampa:seen")[0]).toMatch(/^-NOAUTH/);
  });
});
