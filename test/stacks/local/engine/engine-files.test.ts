// The files around the engine: environment, passphrase, config file, release download and recovered state.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepingConfigFile } from "../../../../stacks/local/engine/config-file.ts";
import { shellExports } from "../../../../stacks/local/engine/environment.ts";
import { ensurePassphrase } from "../../../../stacks/local/engine/passphrase.ts";
import { isFittingVersion } from "../../../../stacks/local/engine/pulumi-cli.ts";
import { downloadPulumi } from "../../../../stacks/local/engine/pulumi-release.ts";
import { withoutPending } from "../../../../stacks/local/engine/recovery.ts";
import { silent } from "../../../../stacks/local/progress.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rampa-engine-files-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the passphrase", () => {
  it("is made once, for its owner only, and never overwritten", () => {
    const file = join(folder, "deep", "passphrase");
    ensurePassphrase(file);
    const first = readFileSync(file, "utf8");
    expect(Buffer.from(first, "base64url")).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    ensurePassphrase(file);
    expect(readFileSync(file, "utf8")).toBe(first);
  });

  it("that is empty is reported instead of used", () => {
    const file = join(folder, "passphrase");
    writeFileSync(file, "");
    expect(() => ensurePassphrase(file)).toThrow(`${file} is empty`);
  });
});

describe("the printed environment", () => {
  it("survives the shell, quotes and all", () => {
    const script = `${shellExports({ A: "it's $HOME", B: "two words" })}printf '%s|%s' "$A" "$B"`;
    expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe("it's $HOME|two words");
  });
});

describe("a Pulumi on PATH", () => {
  it.each([
    ["v3.200.0", true],
    ["3.250.1\n", true],
    ["v3.199.9", false],
    ["v4.0.0", false],
    ["v3.200.0-dev", false],
  ])("of version %s is taken: %s", (version, fits) => {
    expect(isFittingVersion(version)).toBe(fits);
  });
});

describe("the config file", () => {
  const salt = "encryptionsalt: v1:abc\n";

  it("loses the salt line that the engine added, and only that way", async () => {
    const file = join(folder, "Pulumi.local.yaml");
    writeFileSync(file, "config:\n  a: 1 # why\n");
    await keepingConfigFile(file, async () => writeFileSync(file, `${salt}config:\n  a: 1\n`));
    expect(readFileSync(file, "utf8")).toBe("config:\n  a: 1 # why\n");
  });

  it("loses a salt that plain pulumi left, which fits no other checkout", async () => {
    const file = join(folder, "Pulumi.local.yaml");
    writeFileSync(file, "config:\n  a: 1\nencryptionsalt: v1:abc=\n");
    await keepingConfigFile(file, async () => {});
    expect(readFileSync(file, "utf8")).toBe("config:\n  a: 1\n");
  });

  it("keeps the salt where encrypted values need it", async () => {
    const file = join(folder, "Pulumi.local.yaml");
    const secure = `${salt}config:\n  a:\n    secure: v1:x\n`;
    writeFileSync(file, "config: {}\n");
    await keepingConfigFile(file, async () => writeFileSync(file, secure));
    expect(readFileSync(file, "utf8")).toBe(secure);
  });
});

describe("the official release", () => {
  const archive = `pulumi-v3.200.0-${process.platform}-${process.arch === "arm64" ? "arm64" : "x64"}.tar.gz`;
  let server: Server;

  async function serve(checksum: string | undefined): Promise<string> {
    execFileSync("sh", ["-c", "mkdir pulumi && echo cli > pulumi/pulumi && tar -czf a.tar.gz pulumi"], {
      cwd: folder,
    });
    const body = readFileSync(join(folder, "a.tar.gz"));
    const sum = checksum ?? createHash("sha256").update(body).digest("hex");
    server = createServer((request, response) => {
      if (request.url?.startsWith("/missing")) response.writeHead(404).end();
      else if (request.url?.startsWith("/cut")) {
        response.writeHead(200, { "content-length": body.length }).write(body.subarray(0, 10));
        setTimeout(() => response.destroy(), 50);
      } else response.end(request.url?.endsWith(archive) ? body : `${sum}  ${archive}\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`;
  }

  it("is unpacked when its checksum is the published one", async () => {
    const url = await serve(undefined);
    const target = join(folder, "target");
    expect(await downloadPulumi("3.200.0", target, silent, { archives: url, checksums: url })).toBe(true);
    server.close();
    expect(readFileSync(join(target, "pulumi"), "utf8")).toBe("cli\n");
  });

  it("is refused when it is not, and leaves nothing behind", async () => {
    const url = await serve("0".repeat(64));
    const work = downloadPulumi("3.200.0", join(folder, "target"), silent, { archives: url, checksums: url });
    await expect(work).rejects.toThrow(
      /sha256 is [0-9a-f]{64}, the release says 0{64}; nothing was installed/,
    );
    server.close();
    expect(() => statSync(join(folder, "target", "pulumi"))).toThrow("ENOENT");
  });

  const nowhere = "http://127.0.0.1:9";

  it.each<[string, (site: string) => { archives: string; checksums: string }]>([
    ["cannot be reached", () => ({ archives: nowhere, checksums: nowhere })],
    ["has no checksums", (site) => ({ archives: site, checksums: `${site}/missing` })],
    ["has no archive", (site) => ({ archives: `${site}/missing`, checksums: site })],
    ["breaks off", (site) => ({ archives: `${site}/cut`, checksums: site })],
    ["has an archive that cannot be reached", (site) => ({ archives: nowhere, checksums: site })],
  ])("that %s makes way for the build, and leaves nothing behind", async (_, sourceOf) => {
    const source = sourceOf(await serve(undefined));
    const target = join(folder, "target");
    expect(await downloadPulumi("3.200.0", target, silent, source)).toBe(false);
    server.close();
    expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
  });
});

describe("a state with pending operations", () => {
  const operation = (urn: string, type = "creating") => ({
    type,
    resource: { urn, custom: true, inputs: { a: 1 } },
  });

  it("takes over what exists, drops the rest, and leaves the object being replaced for deletion", () => {
    const exported = {
      version: 3,
      deployment: {
        resources: [{ urn: "kept" }, { urn: "made", id: "old" }],
        pending_operations: [operation("made"), operation("lost"), operation("kept", "updating")],
      },
    };
    expect(withoutPending(exported, new Map([["made", "n/new"]]))).toEqual({
      version: 3,
      deployment: {
        resources: [
          { urn: "kept" },
          { urn: "made", id: "old", delete: true },
          { urn: "made", custom: true, inputs: { a: 1 }, id: "n/new" },
        ],
      },
    });
  });
});
