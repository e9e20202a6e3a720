// The small deciding pieces: cgroup mounts, checksums, versions, image names, kind's configuration, add-ons.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { planDns } from "../../../../stacks/local/cluster/addons.ts";
import { cgroupVersionOf, parseHierarchies } from "../../../../stacks/local/cluster/cgroups.ts";
import { selectDefinitions } from "../../../../stacks/local/cluster/gateway-api.ts";
import { parseImages, selectUnused } from "../../../../stacks/local/cluster/image-collection.ts";
import { repositoryOf } from "../../../../stacks/local/cluster/image-import.ts";
import { kindConfig } from "../../../../stacks/local/cluster/kind.ts";
import { objectPath } from "../../../../stacks/local/cluster/kubernetes-api.ts";
import { openRotatingLog } from "../../../../stacks/local/cluster/rotating-log.ts";
import { assembleScratchImage } from "../../../../stacks/local/cluster/scratch-image.ts";
import { isAtLeast } from "../../../../stacks/local/cluster/versions.ts";

const scratch = mkdtempSync(join(tmpdir(), "rampa-pieces-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("cgroup hierarchies", () => {
  const v1 = "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0";
  const v2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0";

  it("are read from the mounts", () => {
    expect(parseHierarchies(`proc /proc proc rw 0 0\n${v1}\n${v2}\n`)).toEqual([
      { mount: "/sys/fs/cgroup/memory", controllers: ["memory"], version: 1 },
      { mount: "/sys/fs/cgroup", controllers: [], version: 2 },
    ]);
  });

  it.each([
    ["both side by side", `${v1}\n${v2}`, 1],
    ["the unified one alone", v2, 2],
    ["neither", "proc /proc proc rw 0 0", undefined],
  ])("decide the version with %s", (_, mounts, version) => {
    expect(cgroupVersionOf(parseHierarchies(mounts))).toBe(version);
  });
});

describe("isAtLeast", () => {
  it.each([
    ["1.26.8", "1.24.0", true],
    ["1.24", "1.24.0", true],
    ["1.9.0", "1.24.0", false],
    ["1.6.20~ds1", "1.6.0", true],
    ["", "1.0.0", false],
  ])("%s against %s is %s", (version, oldest, expected) => {
    expect(isAtLeast(version, oldest)).toBe(expected);
  });
});

describe("repositoryOf", () => {
  it.each([
    ["rampa.local/serving@sha256:abc", "rampa.local/serving"],
    ["rampa.local/pause:1", "rampa.local/pause"],
    ["localhost:5000/app", "localhost:5000/app"],
  ])("of %s is %s", (reference, repository) => {
    expect(repositoryOf(reference)).toBe(repository);
  });
});

describe("collecting images", () => {
  const table = [
    "REF                            TYPE                                       DIGEST      SIZE     PLATFORMS   LABELS",
    "rampa.local/pause:1            application/vnd.oci.image.manifest.v1+json sha256:aaaa 1.4 MiB  linux/amd64 -",
    "rampa.local/serving@sha256:bbbb application/vnd.oci.image.manifest.v1+json sha256:bbbb 58.0 MiB linux/amd64 -",
    "rampa.local/serving@sha256:cccc application/vnd.oci.image.manifest.v1+json sha256:cccc 58.0 MiB linux/amd64 -",
    "rampa.local/serving@sha256:dddd application/vnd.oci.image.manifest.v1+json sha256:dddd 58.0 MiB linux/amd64 -",
    "sha256:1111                    application/vnd.oci.image.manifest.v1+json sha256:cccc 58.0 MiB linux/amd64 -",
    "sha256:2222                    application/vnd.oci.image.manifest.v1+json sha256:dddd 58.0 MiB linux/amd64 -",
    "",
  ].join("\n");
  const newest = "rampa.local/serving@sha256:dddd";

  it("takes every name of what nothing uses, of this repository only, and never the newest", () => {
    const isUsed = (name: string): boolean => name === "rampa.local/serving@sha256:bbbb";
    expect(selectUnused(parseImages(table), newest, isUsed)).toEqual([
      "rampa.local/serving@sha256:cccc",
      "sha256:1111",
    ]);
  });

  it("takes nothing when all is used", () => {
    expect(selectUnused(parseImages(table), newest, () => true)).toEqual([]);
  });
});

describe("assembleScratchImage", () => {
  const image = { program: Buffer.from("#!program"), path: "/program", architecture: "amd64" } as const;

  it("gives the same digest for the same program and another for another", () => {
    expect(assembleScratchImage(image).digest).toBe(assembleScratchImage(image).digest);
    expect(assembleScratchImage({ ...image, program: Buffer.from("x") }).digest).not.toBe(
      assembleScratchImage(image).digest,
    );
  });

  it("is a tar that tar itself reads, with the manifest under its digest", () => {
    const { tar, digest } = assembleScratchImage(image);
    const file = join(scratch, "image.tar");
    writeFileSync(file, tar);
    const blob = `blobs/sha256/${digest.slice("sha256:".length)}`;
    const manifest = JSON.parse(execFileSync("tar", ["-xOf", file, blob], { encoding: "utf8" }));
    const layer = `blobs/${manifest.layers[0].digest.replace(":", "/")}`;
    const inner = execFileSync("tar", ["-xOf", file, layer]);
    expect(execFileSync("tar", ["-xOf", "-", "program"], { input: inner, encoding: "utf8" })).toBe(
      "#!program",
    );
  });
});

describe("openRotatingLog", () => {
  it("never keeps more than two files of about the given size", () => {
    const file = join(scratch, "part.log");
    const log = openRotatingLog(file, 1_000);
    for (let i = 0; i < 100; i++) log.write(`${String(i).padStart(98, "0")}\n`);
    expect(readFileSync(file, "utf8")).toMatch(/99\n$/);
    expect(statSync(file).size).toBeLessThanOrEqual(1_100);
    expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(1_100);
  });
});

describe("kindConfig", () => {
  it("publishes the gateway on loopback only", () => {
    expect(kindConfig(8080, 30_080)).toMatchObject({
      nodes: [{ extraPortMappings: [{ containerPort: 30_080, hostPort: 8080, listenAddress: "127.0.0.1" }] }],
    });
  });
});

describe("add-ons", () => {
  it("run DNS without root or capabilities, on the port that network policies open", () => {
    const deployment = planDns("rampa.local/coredns:1").find((manifest) => manifest.kind === "Deployment");
    expect(JSON.stringify(deployment)).toContain('"runAsNonRoot":true');
    expect(JSON.stringify(deployment)).toContain('"drop":["ALL"]');
    expect(JSON.stringify(deployment)).not.toContain('"add":');
    expect(JSON.stringify(deployment)).toContain('"containerPort":53,');
  });

  it("are applied at the path of their kind", () => {
    expect(planDns("image").map(objectPath)).toEqual([
      "/api/v1/namespaces/kube-system/serviceaccounts/coredns",
      "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:coredns",
      "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:coredns",
      "/api/v1/namespaces/kube-system/configmaps/coredns",
      "/apis/apps/v1/namespaces/kube-system/deployments/coredns",
      "/api/v1/namespaces/kube-system/services/kube-dns",
    ]);
  });

  it("take only the three definitions the platform uses, without the status of their authors' cluster", () => {
    const crd = (name: string): string =>
      `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: ${name}.gateway.networking.k8s.io\n  creationTimestamp: null\n`;
    const text = ["httproutes", "grpcroutes", "gateways"].map(crd).join("---\n");
    const found = selectDefinitions(`${text}---\nkind: Other\n`);
    expect(found.map((manifest) => manifest.metadata.name)).toEqual([
      "httproutes.gateway.networking.k8s.io",
      "gateways.gateway.networking.k8s.io",
    ]);
    expect(found[0]?.metadata).not.toHaveProperty("creationTimestamp");
  });
});
