// A copy of the checkout with an environment of its own, so that end-to-end tests never touch the developer's.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { paths } from "../../stacks/local/paths.ts";
import type { LoadTarget } from "./steady-load.ts";

const UP_WITHIN_MS = 20 * 60_000;

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type LocalEnvironment = {
  readonly folder: string;
  readonly baseUrl: string;
  readonly stackFile: string;
  /** Runs a command in the copy; never throws on a bad exit code. */
  run(command: string, args: readonly string[], timeoutMs?: number): Promise<Ended>;
  /** As `npm run rampa -- …` runs it. */
  rampa(...args: readonly string[]): Promise<Ended>;
  /** The same with `--json`, its output checked; throws on a bad exit code. */
  rampaJson<S extends z.ZodType>(schema: S, ...args: readonly string[]): Promise<z.output<S>>;
  /** The same, left running as the leader of its own process group. */
  startRampa(...args: readonly string[]): ChildProcess;
  editStackFile(edit: (text: string) => string): void;
  loadTarget(): Promise<LoadTarget>;
  /** Takes the environment down and deletes the copy. */
  remove(): Promise<void>;
};

/** Copies what git would carry, links the installed packages, and gives the copy a gateway port of its own. */
export function createLocalEnvironment(gatewayPort: number): LocalEnvironment {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "rampa-e2e-")));
  copyCheckout(folder);
  const stackFile = join(folder, "stacks/Pulumi.local.yaml");
  const baseUrl = `http://127.0.0.1:${gatewayPort}/v1`;
  const entry = [join(folder, "stacks/local/bootstrap.mjs"), join(folder, "stacks/cli/rampa.ts")];
  const run: LocalEnvironment["run"] = (command, args, timeout = UP_WITHIN_MS) =>
    runIn(folder, [command, ...args], timeout);
  const rampa: LocalEnvironment["rampa"] = (...args) => run(process.execPath, [...entry, ...args]);
  const rampaJson: LocalEnvironment["rampaJson"] = async (schema, ...args) => {
    const { code, stdout, stderr } = await rampa(...args, "--json");
    if (code !== 0) throw new Error(`rampa ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
    return schema.parse(JSON.parse(stdout));
  };
  const editStackFile: LocalEnvironment["editStackFile"] = (edit) => {
    const before = readFileSync(stackFile, "utf8");
    const after = edit(before);
    if (after === before) throw new Error("the edit of the stack file changed nothing");
    writeFileSync(stackFile, after);
  };
  editStackFile((text) => text.replace(/gatewayPort: \d+/, `gatewayPort: ${gatewayPort}`));
  return {
    folder,
    baseUrl,
    stackFile,
    run,
    rampa,
    rampaJson,
    editStackFile,
    startRampa: (...args) =>
      spawn(process.execPath, [...entry, ...args], { cwd: folder, stdio: "ignore", detached: true }),
    async loadTarget() {
      const { key } = await rampaJson(z.object({ key: z.string() }), "key", "show");
      return { baseUrl, key, model: "chat" };
    },
    async remove() {
      const { code, stdout, stderr } = await rampa("down");
      if (code !== 0) throw new Error(`rampa down ended with ${code}: ${stdout}${stderr}`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function copyCheckout(folder: string): void {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const files = execFileSync("git", list, { cwd: paths.checkout, encoding: "utf8" });
  for (const file of files
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(paths.checkout, path)))) {
    const target = join(folder, file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(paths.checkout, file), target);
  }
  // Hard links: a copy of the packages that costs no space and, unlike a symbolic link, resolves inside the copy.
  execFileSync("cp", ["-al", join(paths.checkout, "node_modules"), join(folder, "node_modules")]);
}

function runIn(cwd: string, [command, ...args]: readonly string[], timeout: number): Promise<Ended> {
  const { RAMPA_HOME: _, ...env } = process.env;
  const options = { cwd, env, timeout, maxBuffer: 64 * 1024 * 1024, encoding: "utf8" } as const;
  return new Promise((settle) => {
    const child = execFile(command ?? "", args, options, (_error, stdout, stderr) =>
      settle({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
