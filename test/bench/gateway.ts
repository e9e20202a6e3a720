// Measures the gateway from its bundle: start-up, size, latency added to the direct upstream, CPU a request. Prints JSON.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { buildBundle } from "../../serving/bundle.ts";
import { freePort } from "../kit/free-port.ts";
import { httpRoute, KEY, keyEntry } from "../serving/gateway/fixture.ts";

const STARTS = 5;
const WARM_UP = 3_000;
const REQUESTS = 4_000;
const CONCURRENCY = 8;
/** Linux counts a process's CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

const body = JSON.stringify({ model: "chat", messages: [{ role: "user", content: "word ".repeat(64) }] });

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rampa-bench-"));
  const upstream = spawn(process.execPath, [join(import.meta.dirname, "gateway-upstream.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [port] = await once(upstream.stdout, "data");
    process.stdout.write(`${JSON.stringify(await measure(folder, Number(port)), null, 2)}\n`);
  } finally {
    upstream.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, upstreamPort: number): Promise<object> {
  const bundle = await buildBundle();
  const port = await freePort();
  const config = writeConfig(folder, port, upstreamPort);
  const starts: number[] = [];
  for (let each = 0; each < STARTS; each += 1) {
    const { gateway, startMs } = await startGateway(bundle.path, config, port);
    starts.push(startMs);
    await stop(gateway);
  }
  const { gateway } = await startGateway(bundle.path, config, port);
  try {
    const load = await compare(gateway.pid ?? 0, upstreamPort, port);
    return {
      bundleBytes: bundle.bytes,
      bundleDigest: bundle.digest,
      startMs: { median: quantile(starts, 0.5), worst: Math.max(...starts) },
      ...load,
      loadAverage: loadavg()[0],
    };
  } finally {
    await stop(gateway);
  }
}

/** Direct and gateway rounds alternate, so that other work on the machine weighs on both. */
async function compare(pid: number, upstreamPort: number, port: number): Promise<object> {
  const direct = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: CONCURRENCY });
  const through = new Pool(`http://127.0.0.1:${port}`, { connections: CONCURRENCY });
  await drive(through, WARM_UP, CONCURRENCY);
  await drive(direct, WARM_UP, CONCURRENCY);
  const cpuBefore = cpuSeconds(pid);
  const startedAt = performance.now();
  await drive(through, REQUESTS, CONCURRENCY);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuUs = ((cpuSeconds(pid) - cpuBefore) / REQUESTS) * 1e6;
  const times: { direct: number[]; gateway: number[] } = { direct: [], gateway: [] };
  for (let round = 0; round < 10; round += 1) {
    times.direct.push(...(await drive(direct, 200, 1)));
    times.gateway.push(...(await drive(through, 200, 1)));
  }
  await Promise.all([direct.close(), through.close()]);
  const at = (q: number) => ({
    directMs: quantile(times.direct, q),
    gatewayMs: quantile(times.gateway, q),
    addedMs: round(quantile(times.gateway, q) - quantile(times.direct, q)),
  });
  return {
    p50: at(0.5),
    p99: at(0.99),
    cpuMicrosecondsPerRequest: Math.round(cpuUs),
    requestsPerSecond: Math.round(REQUESTS / seconds),
    rssBytes: rssBytes(pid),
  };
}

/** Sends `count` requests over `workers` connections; the time of each in milliseconds. */
async function drive(pool: Pool, count: number, workers: number): Promise<number[]> {
  const times: number[] = [];
  let left = count;
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const startedAt = performance.now();
      const response = await pool.request({ method: "POST", path: "/v1/chat/completions", headers, body });
      await response.body.arrayBuffer();
      if (response.statusCode !== 200) throw new Error(`status ${response.statusCode} under load`);
      times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return times;
}

function writeConfig(folder: string, port: number, upstreamPort: number): string {
  const write = (name: string, value: object): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };
  return write("config.json", {
    role: "gateway",
    listen: { host: "127.0.0.1", port },
    keysFile: write("keys.json", { keys: [keyEntry(KEY)] }),
    routes: {
      from: "file",
      path: write("routes.json", [
        httpRoute("chat", [{ version: "1.0.0", port: upstreamPort, weight: 100 }]),
      ]),
    },
    drain: { settleMs: 0 },
  });
}

async function startGateway(
  path: string,
  config: string,
  port: number,
): Promise<{ gateway: ChildProcess; startMs: number }> {
  const startedAt = performance.now();
  const gateway = spawn(process.execPath, [path], {
    env: { ...process.env, RAMPA_CONFIG: config },
    stdio: ["ignore", "ignore", "inherit"],
  });
  while (performance.now() - startedAt < 30_000) {
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return { gateway, startMs: Math.round(performance.now() - startedAt) };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  gateway.kill("SIGKILL");
  throw new Error("the gateway was not ready within 30 s");
}

async function stop(gateway: ChildProcess): Promise<void> {
  const closed = once(gateway, "close");
  gateway.kill("SIGTERM");
  await closed;
}

/** User and system time: fields 14 and 15 of /proc/PID/stat, counted after the name in brackets. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function rssBytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? 0) * 1024;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
  return round(value);
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

await main();
