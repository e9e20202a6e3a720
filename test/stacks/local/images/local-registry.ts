// A real registry process on a free loopback port, stopped by its own handle.
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../kit/free-port.ts";
import { run } from "./image-fixture.ts";

export type LocalRegistry = {
  readonly url: string;
  readonly host: string;
  /** What the registry has printed so far, one access line a request. */
  log(): Promise<string>;
  stop(): Promise<void>;
};

export type RegistryOptions = {
  readonly folder: string;
  /** Shared by registries that serve the same content. */
  readonly data: string;
  readonly account?: { readonly username: string; readonly password: string };
};

export async function startRegistry(options: RegistryOptions): Promise<LocalRegistry> {
  await mkdir(options.folder, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const url = `http://${host}`;
  const child = spawn("docker-registry", ["serve", await writeSettings(options, host)], {
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: "none" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const ended = new Promise<void>((settle) => child.once("close", () => settle()));
  for (let left = 100; left > 0 && !(await answers(url)); left -= 1) await sleep(100);
  const log = async () => {
    // The access line is written after the answer.
    await sleep(200);
    return text;
  };
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { url, host, log, stop };
}

async function writeSettings({ folder, data, account }: RegistryOptions, addr: string): Promise<string> {
  const passwords = join(folder, "htpasswd");
  if (account !== undefined) {
    await writeFile(passwords, run("htpasswd", "-Bbn", account.username, account.password).stdout);
  }
  const settings = {
    version: 0.1,
    log: { accesslog: { disabled: false }, level: "warn" },
    storage: { filesystem: { rootdirectory: data } },
    http: { addr },
    ...(account === undefined ? {} : { auth: { htpasswd: { realm: "test", path: passwords } } }),
  };
  const file = join(folder, "config.yml");
  await writeFile(file, JSON.stringify(settings));
  return file;
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/v2/`, { signal: AbortSignal.timeout(1_000) });
    return true;
  } catch {
    // Not listening yet.
    return false;
  }
}
