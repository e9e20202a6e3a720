// What the lockfile may hold: checksums, licences, no script on install, exact versions; and this checkout's own.
import { describe, expect, it } from "vitest";
import { paths } from "../../stacks/local/paths.ts";
import { readDependencies } from "../../stacks/pipeline/dependencies.ts";
import {
  type Dependencies,
  findDependencyFaults,
  lockfileSchema,
  manifestSchema,
} from "../../stacks/pipeline/dependency-check.ts";
import {
  ALLOWED_LICENSES,
  isLicenseAllowed,
  REVIEWED_LICENSES,
} from "../../stacks/pipeline/license-policy.ts";
import { runCommandWith } from "./run-with-environment.ts";

const good = { version: "1.0.0", integrity: "sha512-AA==", license: "MIT" };
type Package = Readonly<Record<string, unknown>>;

function faultsOf(
  packages: Readonly<Record<string, Package>>,
  change: {
    readonly manifest?: object;
    readonly settings?: string;
    readonly installed?: readonly string[];
  } = {},
): readonly string[] {
  const given: Dependencies = {
    lockfile: lockfileSchema.parse({ lockfileVersion: 3, packages: { "": { name: "rampa" }, ...packages } }),
    manifest: manifestSchema.parse(change.manifest ?? {}),
    settings: change.settings ?? "ignore-scripts=true\n",
    installed: new Set(change.installed ?? Object.keys(packages)),
  };
  return findDependencyFaults(given).map(({ rule, where, message }) => `${rule}: ${where}: ${message}`);
}

describe("the lockfile", () => {
  it("may hold a package with version, SHA-512 and a free licence", () => {
    expect(faultsOf({ "node_modules/a": good, "node_modules/b/node_modules/@c/d": good })).toEqual([]);
  });

  it.each<[string, Package, string]>([
    ["no checksum", { ...good, integrity: undefined }, "checksum: node_modules/a: has no SHA-512 checksum"],
    [
      "an old checksum",
      { ...good, integrity: "sha1-AA==" },
      "checksum: node_modules/a: has no SHA-512 checksum",
    ],
    [
      "a git address",
      { ...good, resolved: "git+ssh://git@host/a.git#1" },
      "checksum: node_modules/a: comes from elsewhere than a registry",
    ],
    [
      "a folder",
      { ...good, link: true },
      "checksum: node_modules/a: is a link to a folder, which no checksum holds",
    ],
    ["nothing known", {}, "checksum: node_modules/a: is used and has neither version nor checksum"],
    [
      "a copyleft licence",
      { ...good, license: "AGPL-3.0-only" },
      "licence: node_modules/a: AGPL-3.0-only is not among the licences allowed",
    ],
    ["no licence", { ...good, license: undefined }, "licence: node_modules/a: declares no licence"],
    [
      "a licence for development",
      { ...good, license: "MPL-2.0" },
      "licence: node_modules/a: MPL-2.0 is not among the licences allowed",
    ],
    [
      "a script",
      { ...good, hasInstallScript: true },
      "install-script: node_modules/a: wants to run a script on install; see whether it works without, then list it",
    ],
  ])("may not hold a package with %s", (_, entry, fault) => {
    expect(faultsOf({ "node_modules/a": entry })).toEqual([fault]);
  });

  it("may hold a file-level copyleft licence for development, and a reviewed package as it was reviewed", () => {
    expect(faultsOf({ "node_modules/a": { ...good, license: "MPL-2.0", dev: true } })).toEqual([]);
    expect(faultsOf({ "node_modules/spdx-exceptions": { ...good, license: "CC-BY-3.0" } })).toEqual([]);
    expect(faultsOf({ "node_modules/spdx-exceptions": { ...good, license: "GPL-3.0" } })).toHaveLength(1);
  });

  it("may name packages of other machines without a checksum, as long as none is installed", () => {
    const packages = { "node_modules/other-machine": { optional: true } };
    expect(faultsOf(packages, { installed: [] })).toEqual([]);
    expect(faultsOf(packages)).toEqual([
      "checksum: node_modules/other-machine: is used and has neither version nor checksum",
    ]);
  });
});

describe("the project's own files", () => {
  it.each<[string, Parameters<typeof faultsOf>[1], string]>([
    [
      "scripts switched on",
      { settings: "save-exact=true\n" },
      "install-script: .npmrc: want ignore-scripts=true",
    ],
    [
      "scripts allowed by name",
      { manifest: { allowScripts: { a: true } } },
      "install-script: package.json: allowScripts lets packages run scripts on install",
    ],
    [
      "a script of its own",
      { manifest: { scripts: { postinstall: "x", test: "y" } } },
      "install-script: package.json: the script postinstall runs on install",
    ],
    [
      "a range",
      { manifest: { devDependencies: { a: "^1.0.0" } } },
      "exact-version: package.json: a: got ^1.0.0, want one exact version",
    ],
  ])("are refused with %s", (_, change, fault) => {
    expect(faultsOf({}, change)).toEqual([fault]);
  });
});

describe("a licence expression", () => {
  it.each<[string, boolean]>([
    ["MIT", true],
    ["GPL-3.0-only", false],
    ["MIT OR GPL-3.0-only", true],
    ["MIT AND GPL-3.0-only", false],
    ["(BSD-2-Clause OR MIT OR Apache-2.0)", true],
    ["(BSD-3-Clause AND Apache-2.0)", true],
    ["GPL-3.0-only AND MIT OR ISC", true],
    ["GPL-3.0-only AND (MIT OR ISC)", false],
    ["Apache-2.0 WITH LLVM-exception", true],
    ["(MIT", false],
    ["MIT)", false],
    ["MIT ISC", false],
    ["", false],
  ])("%j is free: %s", (expression, allowed) => {
    expect(isLicenseAllowed(expression, ALLOWED_LICENSES)).toBe(allowed);
  });
});

describe("this checkout", () => {
  it("installs nothing without a checksum, with an unknown licence or with a script", async () => {
    const given = await readDependencies(paths.checkout);
    expect(given.installed.size).toBeGreaterThan(100);
    expect(findDependencyFaults(given)).toEqual([]);
  });

  it("reviews no licence of a package that it does not have", async () => {
    const { installed } = await readDependencies(paths.checkout);
    const unused = Object.keys(REVIEWED_LICENSES).filter(
      (name) => ![...installed].some((it) => it.endsWith(`node_modules/${name}`)),
    );
    expect(unused).toEqual([]);
  });

  it("says so by `rampa pipeline dependencies`", async () => {
    const { code, stdout } = await runCommandWith({}, ["pipeline", "dependencies", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ faults: [] });
  });
});
