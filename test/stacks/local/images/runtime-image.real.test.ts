// The real image: built twice from nothing, unpacked, run without a shell as nobody, imported by containerd.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildBundleWithInputs } from "../../../../serving/bundle.ts";
import { blobPath, digestOfFile } from "../../../../stacks/local/images/blob-store.ts";
import { buildImage, type RuntimeImage } from "../../../../stacks/local/images/runtime-image.ts";
import { paths } from "../../../../stacks/local/paths.ts";
import { ensureDebianPackages, probeProgram, run, runUnpacked, writeBundle } from "./image-fixture.ts";

let home: string;
let image: RuntimeImage;
let again: RuntimeImage;
let root: string;

async function build(folder: string, program: string): Promise<RuntimeImage> {
  await mkdir(join(home, folder), { recursive: true });
  return await buildImage({
    repository: "rampa.local/serving",
    bundle: await writeBundle(join(home, folder), program),
    cache: join(home, folder, "cache"),
    output: join(home, folder, "out"),
  });
}

async function manifestOf(built: RuntimeImage): Promise<{ layers: { digest: `sha256:${string}` }[] }> {
  return JSON.parse(await readFile(blobPath(built.layout, built.digest), "utf8"));
}

beforeAll(async () => {
  ensureDebianPackages({ skopeo: "skopeo", containerd: "containerd", runc: "runc" });
  home = await mkdtemp(join(tmpdir(), "rampa-runtime-image-"));
  image = await build("one", probeProgram);
  again = await build("two", probeProgram);
  root = join(home, "root");
  await mkdir(root);
  for (const { digest } of (await manifestOf(image)).layers) {
    const unpacked = run("tar", "-xzpf", blobPath(image.layout, digest), "-C", root);
    expect(unpacked.stderr).toBe("");
  }
});

afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

function runInImage(folder: string, ...args: readonly string[]) {
  return runUnpacked(folder, "/usr/bin/node", ...args);
}

describe("the built image", () => {
  it("has one digest, from two builds that share no cache and no folder", async () => {
    expect(again.digest).toBe(image.digest);
    expect(again.sbomDigest).toBe(image.sbomDigest);
    expect(await digestOfFile(again.archive)).toBe(await digestOfFile(image.archive));
  });

  it("changes in its last layer only when the bundle changes", async () => {
    const before = (await manifestOf(image)).layers.map(({ digest }) => digest);
    const changed = await build("two", "console.log(1)");
    const after = (await manifestOf(changed)).layers.map(({ digest }) => digest);
    expect(changed.digest).not.toBe(image.digest);
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(after.at(-1)).not.toBe(before.at(-1));
  });

  it("starts Node and loads the native libraries as uid 65532 with a read-only root and no network", () => {
    const ran = runInImage(root, "/app/rampa.mjs");
    expect(ran.stderr).toBe("");
    expect(JSON.parse(ran.stdout)).toEqual({ onnx: "cpu", uid: 65_532, node: "v24.21.0", build: "prebuilt" });
  });

  it("starts the project's own bundle, which asks for its configuration", async () => {
    const { path, digest, metafile } = await buildBundleWithInputs(paths.checkout);
    const bundle = { path, digest, modules: Object.keys(metafile.inputs) };
    const own = await buildImage({
      repository: "rampa.local/serving",
      bundle,
      cache: join(home, "one", "cache"),
      output: join(home, "own"),
    });
    const last = (await manifestOf(own)).layers.at(-1);
    if (last === undefined) throw new Error("the image has no layers");
    const ownRoot = join(home, "own-root");
    expect(run("cp", "-al", root, ownRoot).status).toBe(0);
    expect(run("tar", "-xzpf", blobPath(own.layout, last.digest), "-C", ownRoot).stderr).toBe("");
    const ran = runInImage(ownRoot, "/app/rampa.mjs");
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("RAMPA_CONFIG");
  });

  it("cannot be written to, except for /tmp", () => {
    const program = `
      const { writeFileSync } = require("node:fs");
      for (const path of ["/app/x", "/etc/x", "/usr/bin/x", "/tmp/x"]) {
        try { writeFileSync(path, ""); console.log(path, "written"); } catch (error) { console.log(path, error.code); }
      }`;
    expect(runInImage(root, "-e", program).stdout.trim().split("\n")).toEqual([
      "/app/x EROFS",
      "/etc/x EROFS",
      "/usr/bin/x EROFS",
      "/tmp/x written",
    ]);
  });

  it("holds Node as its only program: no shell, no package manager", async () => {
    expect(await readdir(join(root, "usr/bin"))).toEqual(["node"]);
    expect((await readdir(join(root, "usr"))).sort()).toEqual(["bin", "lib", "lib64", "share"]);
    const found = run(
      "find",
      root,
      "-xdev",
      "(",
      "-name",
      "sh",
      "-o",
      "-name",
      "*apt*",
      "-o",
      "-name",
      "*busybox*",
      ")",
    );
    expect(found.stdout).toBe("");
  });

  it("has nothing setuid, setgid or world-writable and nothing of the machine's time", async () => {
    const found = run(
      "find",
      root,
      "-xdev",
      "!",
      "-type",
      "l",
      "(",
      "-perm",
      "/6002",
      "-o",
      "-newermt",
      "1971-01-01",
      ")",
      "!",
      "-path",
      root,
      "!",
      "-path",
      `${root}/proc`,
      "!",
      "-path",
      `${root}/dev`,
    );
    expect(found).toEqual({ status: 0, stdout: "", stderr: "" });
    expect((await stat(join(root, "tmp"))).mode & 0o777).toBe(0o700);
  });

  it("trusts the certificates of its base and resolves its users", async () => {
    const certificates = await readFile(join(root, "etc/ssl/certs/ca-certificates.crt"), "utf8");
    expect(certificates.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(100);
    expect(await readFile(join(root, "etc/passwd"), "utf8")).toContain("nonroot:x:65532:65532:");
  });

  it("lists Debian packages, Node, native and bundled packages in its bill of materials", async () => {
    const sbom = JSON.parse(await readFile(blobPath(image.layout, image.sbomDigest), "utf8"));
    const names = sbom.components.map(({ name }: { name: string }) => name);
    for (const name of [
      "libc6",
      "libstdc++6",
      "ca-certificates",
      "node",
      "node-llama-cpp",
      "llama.cpp",
      "onnxruntime-node",
      "zod",
      "@huggingface/jinja",
    ]) {
      expect(names).toContain(name);
    }
  });
});

describe("other tools", () => {
  it("skopeo reads the layout and copies the archive without changing the digest", async () => {
    const seen = run("skopeo", "inspect", `oci:${image.layout}:runtime`);
    expect(seen.stderr).toBe("");
    expect(JSON.parse(seen.stdout)).toMatchObject({
      Digest: image.digest,
      Architecture: expect.any(String),
      Os: "linux",
    });
    const copy = join(home, "copy");
    expect(run("skopeo", "copy", `oci-archive:${image.archive}:runtime`, `oci:${copy}:x`).stderr).toBe("");
    const index = JSON.parse(await readFile(join(copy, "index.json"), "utf8"));
    expect(index.manifests[0].digest).toBe(image.digest);
  });

  it("containerd imports the archive by digest and runs it read-only", async () => {
    const containerd = await startContainerd();
    try {
      const ctr = (...args: readonly string[]) =>
        run("ctr", "-a", containerd.socket, "-n", "k8s.io", ...args);
      const imported = ctr("images", "import", "--digests", "--base-name", image.repository, image.archive);
      expect(imported.stderr).toBe("");
      expect(ctr("images", "list", "-q").stdout.split("\n")).toContain(image.reference);
      const ran = ctr(
        "run",
        "--rm",
        "--read-only",
        "--no-pivot",
        "--snapshotter",
        "native",
        image.reference,
        "probe",
      );
      expect(ran.stderr).toBe("");
      expect(JSON.parse(ran.stdout)).toMatchObject({ uid: 65_532, build: "prebuilt" });
    } finally {
      await containerd.stop();
    }
  });
});

async function startContainerd(): Promise<{ socket: string; stop: () => Promise<void> }> {
  const folder = join(home, "containerd");
  const socket = join(folder, "socket");
  await mkdir(folder);
  const settings = [
    "version = 2",
    `root = "${folder}/root"`,
    `state = "${folder}/state"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    `[grpc]\naddress = "${socket}"`,
  ];
  await writeFile(join(folder, "config.toml"), settings.join("\n"));
  const child: ChildProcess = spawn("containerd", ["-c", join(folder, "config.toml")], { stdio: "ignore" });
  const ended = new Promise<void>((settle) => child.once("close", () => settle()));
  for (let left = 100; left > 0 && run("ctr", "-a", socket, "version").status !== 0; left -= 1)
    await sleep(100);
  return {
    socket,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
