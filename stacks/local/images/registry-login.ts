// Finds a registry's user name and password where `docker login` and its like have put them.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../parse-json.ts";
import { ImageError } from "./image-error.ts";

export type Login = { readonly username: string; readonly password: string };

const HELPER_DEADLINE_MS = 30_000;

const dockerConfig = z.object({
  auths: z.record(z.string(), z.object({ auth: z.string().optional() })).default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().optional(),
});

const helperAnswer = z
  .object({ Username: z.string(), Secret: z.string() })
  .transform(({ Username, Secret }): Login => ({ username: Username, password: Secret }));

/** From `config.json` of `DOCKER_CONFIG`, else of `~/.docker`; undefined where nobody logged in. Throws `image.registry`. */
export async function findLogin(host: string): Promise<Login | undefined> {
  const file = join(process.env.DOCKER_CONFIG ?? join(homedir(), ".docker"), "config.json");
  // Without such a file the registry is asked without a login.
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { data: config } = dockerConfig.safeParse(parseJson(text));
  if (config === undefined) {
    throw new ImageError("image.registry", `${file} is not a Docker configuration. Next: log in again`);
  }
  const helper = config.credHelpers[host] ?? config.credsStore;
  return helper === undefined ? decodeAuth(config.auths[host]?.auth) : await askHelper(helper, host);
}

/** `base64(user:password)`; a password may hold colons. */
function decodeAuth(auth: string | undefined): Login | undefined {
  const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(auth ?? "", "base64").toString()) ?? [];
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** Docker's protocol for credential helpers: the host on standard input, JSON on standard output. */
async function askHelper(helper: string, host: string): Promise<Login | undefined> {
  const program = `docker-credential-${helper}`;
  const { code, output } = await runHelper(program, host);
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return undefined;
    const reason = output.trim().slice(0, 200);
    throw new ImageError("image.registry", `${program} has no login for ${host}: ${reason}`);
  }
  const answer = helperAnswer.safeParse(parseJson(output));
  if (answer.success) return answer.data;
  throw new ImageError("image.registry", `${program} answered for ${host} without user name and secret`);
}

async function runHelper(program: string, host: string): Promise<{ code: number; output: string }> {
  const child = spawn(program, ["get"], {
    stdio: ["pipe", "pipe", "inherit"],
    timeout: HELPER_DEADLINE_MS,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  // A helper may end without reading; its exit code is what counts.
  child.stdin.on("error", () => {});
  child.stdin.end(host);
  return await new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: -1, output: error.message }));
    child.once("close", (code) => resolve({ code: code ?? -1, output }));
  });
}
