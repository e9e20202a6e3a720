// Official releases from a web server on the loopback, laid out and summed as each project does it.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { download, downloadArchive, findChecksum } from "../../../../stacks/local/cluster/downloads.ts";
import { fetchRelease, type ReleasedProgram } from "../../../../stacks/local/cluster/releases.ts";
import { architecture, versions as v } from "../../../../stacks/local/cluster/versions.ts";
import { silent } from "../../../../stacks/local/progress.ts";

let folder = "";
let server: Server;
let origin = "";
let files: Map<string, Buffer | "cut">;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rampa-releases-"));
  files = new Map();
  server = createServer((request, response) => {
    const content = files.get(request.url ?? "");
    if (content === undefined) response.writeHead(404).end("Not Found");
    else if (content !== "cut") response.end(content);
    else {
      response.writeHead(200, { "content-length": 1_000_000 }).write("the beginning");
      setTimeout(() => response.destroy(), 50);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A TCP server's address is an object, never a pipe's name.
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  vi.unstubAllGlobals();
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const PROGRAM = Buffer.from("#!/bin/sh\necho it runs\n");

/** A gzipped tar of a folder that holds the program at each path; `members` as the project's own tar call names them. */
function archiveOf(programs: readonly string[], members: readonly string[]): Buffer {
  const root = mkdtempSync(join(folder, "tree-"));
  for (const path of programs) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), PROGRAM);
    chmodSync(join(root, path), 0o755);
  }
  return execFileSync("tar", ["-czf", "-", "-C", root, ...members]);
}

const arch = architecture();
const kube = (name: string): string => `/dl.k8s.io/release/v${v.kubernetes}/bin/linux/${arch}/${name}`;
const etcdRoot = `etcd-v${v.etcd}-linux-${arch}`;
const github = (path: string): string => `/github.com/${path}`;

type Published = {
  readonly at: string;
  readonly archive?: readonly [programs: readonly string[], members: readonly string[]];
  readonly sumsAt: string;
  readonly sums: (sum: string) => string;
};

const lined = (name: string) => (sum: string) => `${sum}  ${name}\n`;
const beside = (at: string, ending: string, archive?: Published["archive"]): Published => ({
  at,
  sumsAt: at + ending,
  sums: lined(at.split("/").at(-1) ?? ""),
  ...(archive === undefined ? {} : { archive }),
});
const bare = (published: Published): Published => ({ ...published, sums: (sum) => sum });

/** From the release scripts and Makefiles of the projects. */
const PUBLISHED: Readonly<Record<ReleasedProgram, Published>> = {
  "kube-apiserver": bare(beside(kube("kube-apiserver"), ".sha256")),
  "kube-controller-manager": bare(beside(kube("kube-controller-manager"), ".sha256")),
  "kube-scheduler": bare(beside(kube("kube-scheduler"), ".sha256")),
  "kube-proxy": bare(beside(kube("kube-proxy"), ".sha256")),
  kubelet: bare(beside(kube("kubelet"), ".sha256")),
  kubectl: bare(beside(kube("kubectl"), ".sha256")),
  coredns: beside(
    github(`coredns/coredns/releases/download/v${v.coredns}/coredns_${v.coredns}_linux_${arch}.tgz`),
    ".sha256",
    [["coredns"], ["coredns"]],
  ),
  etcd: {
    at: github(`etcd-io/etcd/releases/download/v${v.etcd}/${etcdRoot}.tar.gz`),
    archive: [[`${etcdRoot}/etcd`, `${etcdRoot}/etcdctl`], [etcdRoot]],
    sumsAt: github(`etcd-io/etcd/releases/download/v${v.etcd}/SHA256SUMS`),
    sums: (sum) => `${"a".repeat(64)}  etcd-v${v.etcd}-darwin-arm64.zip\n${sum}  ${etcdRoot}.tar.gz\n`,
  },
  containerd: beside(
    github(
      `containerd/containerd/releases/download/v${v.containerd}/containerd-static-${v.containerd}-linux-${arch}.tar.gz`,
    ),
    ".sha256sum",
    [["bin/containerd", "bin/ctr", "bin/containerd-shim-runc-v2"], ["bin"]],
  ),
  runc: {
    at: github(`opencontainers/runc/releases/download/v${v.runc}/runc.${arch}`),
    sumsAt: github(`opencontainers/runc/releases/download/v${v.runc}/runc.sha256sum`),
    // Signed in the clear, and naming other files that begin alike.
    sums: (sum) =>
      `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${"b".repeat(64)}  runc.${arch}.asc\n${sum}  runc.${arch}\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n`,
  },
  cniPlugins: beside(
    github(
      `containernetworking/plugins/releases/download/v${v.cniPlugins}/cni-plugins-linux-${arch}-v${v.cniPlugins}.tgz`,
    ),
    ".sha256",
    [["ptp", "host-local", "loopback", "bridge"], ["."]],
  ),
  tini: beside(github(`krallin/tini/releases/download/v${v.tini}/tini-static-${arch}`), ".sha256sum"),
  kind: beside(github(`kubernetes-sigs/kind/releases/download/v${v.kind}/kind-linux-${arch}`), ".sha256sum"),
  go: bare(beside(`/dl.google.com/go/go${v.go}.linux-${arch}.tar.gz`, ".sha256", [["go/bin/go"], ["go"]])),
};

describe("the official release", () => {
  /** Every host is the local server, which knows them by the first part of the path. */
  function publish(name: ReleasedProgram, spoil: (content: Buffer) => Buffer = (content) => content): void {
    const { at, archive, sumsAt, sums } = PUBLISHED[name];
    const content = archive === undefined ? PROGRAM : archiveOf(...archive);
    files.set(at, spoil(content));
    files.set(sumsAt, Buffer.from(sums(sha256(content))));
    const direct = fetch;
    vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
      direct(url.replace("https://", `${origin}/`), init),
    );
  }

  it.each(Object.keys(PUBLISHED) as ReleasedProgram[])("of %s is found, verified and runs", async (name) => {
    publish(name);
    const program = await fetchRelease(name, join(folder, "home"), silent);
    expect(execFileSync(program ?? "", { encoding: "utf8" })).toBe("it runs\n");
    expect(readdirSync(folder).filter((entry) => entry.includes(".new-"))).toEqual([]);
  });

  it.each(Object.keys(PUBLISHED) as ReleasedProgram[])(
    "of %s is refused with another checksum",
    async (name) => {
      publish(name, (content) => Buffer.concat([content, Buffer.from("x")]));
      const refused = fetchRelease(name, join(folder, "home"), silent);
      await expect(refused).rejects.toMatchObject({ code: "cluster.checksum" });
      expect(existsSync(join(folder, "home")) ? readdirSync(join(folder, "home")) : []).toEqual([]);
    },
  );
});

describe("a release that is out of reach", () => {
  const asset = Buffer.from("the program");
  const release = () => ({ url: `${origin}/asset`, checksumUrl: `${origin}/asset.sha256` });

  it.each<[string, () => void]>([
    ["has neither file", () => files.clear()],
    ["has no checksum", () => files.delete("/asset.sha256")],
    ["has a page in place of the checksum", () => files.set("/asset.sha256", Buffer.from("<html>\nsorry\n"))],
    ["has the checksum only", () => files.delete("/asset")],
    ["breaks off in the middle", () => files.set("/asset", "cut")],
    ["refuses connections", () => server.close()],
  ])("leaves the next source to be tried, and nothing behind: it %s", async (_, arrange) => {
    files.set("/asset", asset).set("/asset.sha256", Buffer.from(sha256(asset)));
    arrange();
    expect(await download(release(), join(folder, "program"), silent)).toBe(false);
    const archive = { ...release(), members: ["bin"] };
    expect(await downloadArchive(archive, join(folder, "directory"), silent)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a downloaded archive", () => {
  const release = () => ({ url: `${origin}/a.tgz`, checksumUrl: `${origin}/a.tgz.sha256`, members: ["bin"] });
  beforeEach(() => {
    const archive = archiveOf(["bin/program"], ["bin"]);
    files.set("/a.tgz", archive).set("/a.tgz.sha256", Buffer.from(sha256(archive)));
  });

  it("takes the place of a folder that another way of getting it left incomplete", async () => {
    const home = join(folder, "home");
    mkdirSync(home);
    writeFileSync(join(home, "half"), "");
    expect(await downloadArchive(release(), home, silent)).toBe(true);
    expect(readdirSync(home)).toEqual(["bin"]);
  });

  it("deletes what a killed download left the day before, and nothing of one that runs", async () => {
    const home = join(folder, "home");
    for (const name of ["old", "young"]) mkdirSync(`${home}.new-${name}`);
    const longAgo = new Date(Date.now() - 25 * 60 * 60_000);
    utimesSync(`${home}.new-old`, longAgo, longAgo);
    await downloadArchive(release(), home, silent);
    const left = readdirSync(folder).filter((name) => name.includes(".new-"));
    expect(left).toEqual(["home.new-young"]);
  });
});

describe("findChecksum", () => {
  const sum = "0123456789abcdef".repeat(4);
  const other = "f".repeat(64);
  it.each([
    ["the only line", `${sum}\n`],
    ["the line of the file", `${other}  other\n${sum}  wanted.tgz\n`],
    ["no line of a file whose name begins alike", `${other}  wanted.tgz.asc\n${sum}  wanted.tgz\n`],
    ["a line with a folder", `${sum}  release/wanted.tgz\n${other}  other\n`],
    ["a line in binary mode", `${other} *other\n${sum} *wanted.tgz\n`],
  ])("takes %s", (_, text) => {
    expect(findChecksum(text, "wanted.tgz")).toBe(sum);
  });
  it("finds none in a page of something else", () => {
    expect(findChecksum("<html>\nno such file\n</html>", "wanted.tgz")).toBeUndefined();
  });
});
