// Logins where `docker login` puts them: in its file, or with the credential helper that the file names.
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registryUrl } from "../../../../stacks/local/images/publish-image.ts";
import { findLogin } from "../../../../stacks/local/images/registry-login.ts";

const host = "registry.example.com";
const before = { DOCKER_CONFIG: process.env.DOCKER_CONFIG, PATH: process.env.PATH };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rampa-login-"));
  await mkdir(join(folder, "bin"));
  process.env.DOCKER_CONFIG = folder;
  process.env.PATH = `${join(folder, "bin")}${delimiter}${before.PATH}`;
});

afterAll(async () => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await rm(folder, { recursive: true });
});

const write = (config: unknown) =>
  writeFile(join(folder, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
const encode = (text: string) => Buffer.from(text).toString("base64");

async function installHelper(name: string, script: string): Promise<void> {
  const file = join(folder, "bin", `docker-credential-${name}`);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

describe("findLogin", () => {
  it("reads the file's login of that registry, a colon in the password included", async () => {
    await write({ auths: { [host]: { auth: encode("me:pass:word") } } });
    expect(await findLogin(host)).toEqual({ username: "me", password: "pass:word" });
    expect(await findLogin("other.example.com")).toBeUndefined();
  });

  it("asks the registry's own helper, else the one for all, handing it the host", async () => {
    const answer = `read host; printf '{"Username":"%s","Secret":"from-$0"}' "$host"`;
    await installHelper("one", answer.replace("$0", "one"));
    await installHelper("all", answer.replace("$0", "all"));
    await write({ credHelpers: { [host]: "one" }, credsStore: "all" });
    expect(await findLogin(host)).toEqual({ username: host, password: "from-one" });
    expect(await findLogin("b.test")).toEqual({ username: "b.test", password: "from-all" });
  });

  it("finds nothing where a helper knows no login", async () => {
    await installHelper("empty", "echo 'credentials not found in native keychain'; exit 1");
    await write({ credsStore: "empty" });
    expect(await findLogin(host)).toBeUndefined();
  });

  it.each<[string, unknown, string | undefined, string]>([
    ["a file that is no JSON", "{", undefined, "is not a Docker configuration"],
    ["a helper that is missing", { credsStore: "missing" }, undefined, "docker-credential-missing"],
    ["a helper that fails", { credsStore: "bad" }, "echo 'no session'; exit 1", "no session"],
    ["a helper that answers nonsense", { credsStore: "bad" }, "echo hello", "without user name and secret"],
  ])("refuses %s", async (_, config, script, message) => {
    if (script !== undefined) await installHelper("bad", script);
    await write(config);
    await expect(findLogin(host)).rejects.toMatchObject({
      code: "image.registry",
      message: expect.stringContaining(message),
    });
  });

  it("finds nothing where nobody ever logged in", async () => {
    await rm(join(folder, "config.json"));
    expect(await findLogin(host)).toBeUndefined();
  });
});

describe("a registry's address", () => {
  it.each([
    ["registry.example.com", "https://registry.example.com"],
    ["registry.example.com:5000", "https://registry.example.com:5000"],
    ["127.0.0.1:5000", "http://127.0.0.1:5000"],
    ["localhost", "http://localhost"],
    ["localhost.example.com", "https://localhost.example.com"],
  ])("of %s is %s", (registry, url) => {
    expect(registryUrl(registry)).toBe(url);
  });
});
