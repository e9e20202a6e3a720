// The base layer from pinned Debian packages: libraries, certificates, users; no shell, no package manager.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Header } from "tar-stream";
import type { Progress } from "../progress.ts";
import type { Architecture, DebianPin } from "./base-pins.ts";
import { digestOfFile } from "./blob-store.ts";
import { ImageError } from "./image-error.ts";
import type { LayerContent } from "./layer-cache.ts";
import { runtimeUser } from "./oci-documents.ts";
import { readTar } from "./read-tar.ts";
import { debianComponent, type SbomComponent } from "./sbom.ts";
import type { TarEntry } from "./tar-archive.ts";
import { isOnPath, runTool } from "./tool.ts";

export type DebianBase = {
  readonly cache: string;
  readonly architecture: Architecture;
  readonly pins: readonly DebianPin[];
  readonly progress: Progress;
};

const DOWNLOAD_DEADLINE_MS = 120_000;
const UPDATE_DEADLINE_MS = 180_000;
const UNPACK_DEADLINE_MS = 60_000;
const CERTIFICATES = "usr/share/ca-certificates/mozilla/";

export async function hasDebianTools(): Promise<boolean> {
  const found = await Promise.all(["apt-get", "dpkg-deb"].map(isOnPath));
  return found.every(Boolean);
}

/** The pinned packages with what else a system needs: users, name resolution, one bundle of certificates. */
export async function collectDebianBase(base: DebianBase): Promise<LayerContent> {
  const { entries, components } = await collectDebianPackages(base);
  return { entries: [...withCertificateBundle(entries), ...systemEntries()], components };
}

/** Downloads, verifies and unpacks the pinned packages into the entries of one layer. */
export async function collectDebianPackages(base: DebianBase): Promise<LayerContent> {
  const entries: TarEntry[] = [];
  const components: SbomComponent[] = [];
  for (const [position, pin] of base.pins.entries()) {
    base.progress.report(`base: ${pin.name} (${position + 1} of ${base.pins.length} packages)`);
    const archive = await obtainPackage(base, pin);
    const control = await readControl(archive);
    components.push(debianComponent(pin.name, control.version, control.architecture));
    entries.push(await statusEntry(pin.name, control.text), ...(await keptEntries(archive, pin.keep)));
  }
  return { entries, components };
}

async function obtainPackage(base: DebianBase, pin: DebianPin): Promise<string> {
  const folder = join(base.cache, "debian");
  const kept = join(folder, `${pin.name}_${encodeURIComponent(pin.version)}_${base.architecture}.deb`);
  const wanted = `sha256:${pin.sha256[base.architecture]}`;
  if (await hasDigest(kept, wanted)) return kept;
  await mkdir(folder, { recursive: true });
  const draft = await mkdtemp(join(folder, "draft-"));
  try {
    const { file, pinned } = await downloadPackage(base, pin, draft);
    if (pinned && !(await hasDigest(file, wanted)))
      throw wrongChecksum(pin, wanted, await digestOfFile(file));
    const target = pinned ? kept : join(folder, `candidate-${pin.name}_${base.architecture}.deb`);
    await rename(file, target);
    return target;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The pinned version; after a fresh package list the pinned version again; else the newest one of the release. */
async function downloadPackage(
  base: DebianBase,
  pin: DebianPin,
  folder: string,
): Promise<{ readonly file: string; readonly pinned: boolean }> {
  const exact = `${pin.name}=${pin.version}`;
  if (await aptDownload(exact, folder)) return { file: await onlyFile(folder), pinned: true };
  const updated = await runTool("apt-get", ["update", "-q"], { deadlineMs: UPDATE_DEADLINE_MS });
  if (await aptDownload(exact, folder)) return { file: await onlyFile(folder), pinned: true };
  if (await aptDownload(pin.name, folder)) {
    base.progress.report(
      `base: ${exact} is gone, taking the newest; this image's digest differs from the pinned one`,
    );
    return { file: await onlyFile(folder), pinned: false };
  }
  const reason = updated.ok ? "the package lists are current" : `apt-get update: ${updated.stderr.trim()}`;
  throw new ImageError(
    "image.base",
    `Debian package ${exact} cannot be downloaded (${reason}). Next: apt-get update && apt-get download ${pin.name}`,
  );
}

async function aptDownload(what: string, cwd: string): Promise<boolean> {
  const args = ["download", "-q", "-o", "APT::Sandbox::User=root", what];
  return (await runTool("apt-get", args, { cwd, deadlineMs: DOWNLOAD_DEADLINE_MS })).ok;
}

async function onlyFile(folder: string): Promise<string> {
  const [name] = (await readdir(folder)).filter((file) => file.endsWith(".deb"));
  if (name === undefined) throw new ImageError("image.base", "apt-get download left no package behind");
  return join(folder, name);
}

async function hasDigest(file: string, wanted: string): Promise<boolean> {
  try {
    return (await digestOfFile(file)) === wanted;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

function wrongChecksum(pin: DebianPin, want: string, got: string): ImageError {
  const what = `Debian package ${pin.name} ${pin.version}`;
  return new ImageError("image.checksum", `${what} has ${got}, pinned is ${want}; it was not used`);
}

type Control = { readonly version: string; readonly architecture: string; readonly text: string };

async function readControl(archive: string): Promise<Control> {
  const { ok, stdout, stderr } = await runTool("dpkg-deb", ["--field", archive], {
    deadlineMs: UNPACK_DEADLINE_MS,
  });
  const field = (name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(stdout)?.[1];
  const [version, architecture] = [field("Version"), field("Architecture")];
  if (!ok || version === undefined || architecture === undefined) {
    throw new ImageError("image.base", `dpkg-deb cannot read ${archive}: ${stderr.trim()}`);
  }
  return { version, architecture, text: stdout };
}

/** Scanners read installed packages of a shell-less image from here. */
async function statusEntry(name: string, control: string): Promise<TarEntry> {
  const text = control.replace(/\n*$/, "\nStatus: install ok installed\n");
  return { kind: "file", path: `var/lib/dpkg/status.d/${name}`, mode: 0o644, source: Buffer.from(text) };
}

async function keptEntries(archive: string, keep: RegExp): Promise<TarEntry[]> {
  const child = spawn("dpkg-deb", ["--fsys-tarfile", archive], { stdio: ["ignore", "pipe", "ignore"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), UNPACK_DEADLINE_MS);
  try {
    return await readTar(child.stdout, (header, content) => {
      const path = foldIntoUsr(header.name);
      return header.type !== "directory" && keep.test(path) ? toEntry(path, header, content) : undefined;
    });
  } catch (error) {
    throw new ImageError("image.base", `${archive} is not a readable package`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function toEntry(path: string, header: Header, source: Uint8Array): TarEntry {
  if (header.type === "symlink") return { kind: "symlink", path, target: header.linkname ?? "" };
  if (header.type !== "file")
    throw new ImageError("image.base", `${path} is a ${header.type}, not a file or link`);
  // Executable or not is all that is kept: no setuid bit and no group or world write can come from a package.
  return { kind: "file", path, mode: (header.mode ?? 0) & 0o111 ? 0o755 : 0o644, source };
}

/** Debian 12 packages still name `/lib` and `/bin`; installed systems have them as links into `/usr`. */
function foldIntoUsr(name: string): string {
  return name.replace(/^\.\//, "").replace(/^(bin|lib|lib64)\//, "usr/$1/");
}

/** The Mozilla certificates as the one file that TLS libraries read. */
function withCertificateBundle(entries: readonly TarEntry[]): TarEntry[] {
  const certificates = entries
    .filter((entry) => entry.path.startsWith(CERTIFICATES) && entry.kind === "file")
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const bundle = certificates.flatMap((entry) =>
    entry.kind === "file" && entry.source instanceof Uint8Array ? [Buffer.from(entry.source)] : [],
  );
  const path = "etc/ssl/certs/ca-certificates.crt";
  const rest = entries.filter((entry) => !entry.path.startsWith(CERTIFICATES));
  return [...rest, { kind: "file", path, mode: 0o644, source: Buffer.concat(bundle) }];
}

function systemEntries(): TarEntry[] {
  const text = (path: string, ...lines: readonly string[]): TarEntry => ({
    kind: "file",
    path,
    mode: 0o644,
    source: Buffer.from(`${lines.join("\n")}\n`),
  });
  return [
    { kind: "symlink", path: "lib", target: "usr/lib" },
    { kind: "symlink", path: "lib64", target: "usr/lib64" },
    // Private to the one user that ever runs here; in a cluster an emptyDir is mounted over it.
    { kind: "directory", path: "tmp", mode: 0o700, owner: runtimeUser },
    text("etc/group", "root:x:0:", `nonroot:x:${runtimeUser}:`),
    text("etc/nsswitch.conf", "passwd: files", "group: files", "hosts: files dns"),
    text(
      "etc/passwd",
      "root:x:0:0:root:/:/usr/sbin/nologin",
      `nonroot:x:${runtimeUser}:${runtimeUser}:nonroot:/tmp:/usr/sbin/nologin`,
    ),
  ];
}
