// What the lockfile may hold: every package with its checksum and a known licence, no script that runs on install. Pure.
import { z } from "zod";
import {
  ALLOWED_FOR_DEVELOPMENT,
  ALLOWED_LICENSES,
  isLicenseAllowed,
  REVIEWED_LICENSES,
} from "./license-policy.ts";

const entry = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  resolved: z.string().optional(),
  dev: z.boolean().default(false),
  optional: z.boolean().default(false),
  link: z.boolean().default(false),
  hasInstallScript: z.boolean().default(false),
});

export const lockfileSchema = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), entry),
});
export const manifestSchema = z.object({
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
  allowScripts: z.unknown().optional(),
});

export type Lockfile = z.output<typeof lockfileSchema>;
type Entry = Lockfile["packages"][string];

export type Dependencies = {
  readonly lockfile: Lockfile;
  readonly manifest: z.output<typeof manifestSchema>;
  /** The text of `.npmrc`. */
  readonly settings: string;
  /** Paths of what npm put into `node_modules`. */
  readonly installed: ReadonlySet<string>;
};

export type DependencyFault = {
  readonly rule: "checksum" | "licence" | "install-script" | "exact-version";
  readonly where: string;
  readonly message: string;
};

/** Packages that ask to run something on install; nothing runs, and each was found to work without. */
const WORK_WITHOUT_SCRIPTS = [
  "@pulumi/kubernetes",
  "esbuild",
  "node-llama-cpp",
  "onnxruntime-node",
  "protobufjs",
];
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

export function findDependencyFaults(given: Dependencies): readonly DependencyFault[] {
  const { "": _own, ...packages } = given.lockfile.packages;
  const each = Object.entries(packages).map(([path, it]) => ({ path, name: it.name ?? nameOf(path), it }));
  return [
    ...each.flatMap(({ path, it }) => checksumFaults(path, it, given.installed)),
    ...each.flatMap(({ path, name, it }) => licenseFaults(path, name, it)),
    ...each
      .filter(({ name, it }) => it.hasInstallScript && !WORK_WITHOUT_SCRIPTS.includes(name))
      .map(({ path }) =>
        fault(
          "install-script",
          path,
          "wants to run a script on install; see whether it works without, then list it",
        ),
      ),
    ...scriptFaults(given),
    ...exactFaults(given),
  ];
}

/** `node_modules/a/node_modules/@b/c` → `@b/c`. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

function checksumFaults(path: string, it: Entry, installed: ReadonlySet<string>): readonly DependencyFault[] {
  if (it.link) return [fault("checksum", path, "is a link to a folder, which no checksum holds")];
  if (it.version === undefined) {
    // npm leaves such entries for other machines' packages; one that is used must not be of them.
    if (it.optional && !installed.has(path)) return [];
    return [fault("checksum", path, "is used and has neither version nor checksum")];
  }
  if (it.resolved !== undefined && !it.resolved.startsWith("https://")) {
    return [fault("checksum", path, "comes from elsewhere than a registry")];
  }
  return it.integrity?.startsWith("sha512-") ? [] : [fault("checksum", path, "has no SHA-512 checksum")];
}

function licenseFaults(path: string, name: string, it: Entry): readonly DependencyFault[] {
  if (it.version === undefined) return [];
  if (it.license === undefined) return [fault("licence", path, "declares no licence")];
  const allowed = it.dev ? new Set([...ALLOWED_LICENSES, ...ALLOWED_FOR_DEVELOPMENT]) : ALLOWED_LICENSES;
  const isReviewed = REVIEWED_LICENSES[name]?.declared === it.license;
  if (isReviewed || isLicenseAllowed(it.license, allowed)) return [];
  return [fault("licence", path, `${it.license} is not among the licences allowed`)];
}

function scriptFaults({ manifest, settings }: Dependencies): readonly DependencyFault[] {
  const own = Object.keys(manifest.scripts).filter((name) => INSTALL_SCRIPTS.includes(name));
  return [
    ...(/^ignore-scripts\s*=\s*true\s*$/m.test(settings)
      ? []
      : [fault("install-script", ".npmrc", "want ignore-scripts=true")]),
    ...(manifest.allowScripts === undefined
      ? []
      : [fault("install-script", "package.json", "allowScripts lets packages run scripts on install")]),
    ...own.map((name) => fault("install-script", "package.json", `the script ${name} runs on install`)),
  ];
}

function exactFaults({ manifest }: Dependencies): readonly DependencyFault[] {
  const named = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  return named
    .filter(([, range]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))
    .map(([name, range]) =>
      fault("exact-version", "package.json", `${name}: got ${range}, want one exact version`),
    );
}

function fault(rule: DependencyFault["rule"], where: string, message: string): DependencyFault {
  return { rule, where, message };
}
