// Build once: this checkout's image in a real registry, signed, described, and pinned where a deployment reads it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toRegistry } from "../../stacks/local/images/publish-image.ts";
import { silent } from "../../stacks/local/progress.ts";
import { readBuildOrigin } from "../../stacks/pipeline/build-origin.ts";
import { publishSigned, type SignedBuild } from "../../stacks/pipeline/publish.ts";
import { requireTrusted } from "../../stacks/pipeline/verify-image.ts";
import { ensureDebianPackages } from "../stacks/local/images/image-fixture.ts";
import { type LocalRegistry, startRegistry } from "../stacks/local/images/local-registry.ts";
import { newKeyPair } from "./signing-keys.ts";

const home = mkdtempSync(join(tmpdir(), "rampa-publish-"));
const source = join(home, "source");
const keys = newKeyPair();
let registry: LocalRegistry;

const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
    encoding: "utf8",
  }).trim();

beforeAll(async () => {
  ensureDebianPackages({ "docker-registry": "docker-registry" });
  registry = await startRegistry({ folder: join(home, "registry"), data: join(home, "data") });
  git("init", "-q", source);
  writeFileSync(join(source, "file"), "one");
  git("-C", source, "add", ".");
  git("-C", source, "commit", "-q", "-m", "one");
});

afterAll(async () => {
  await registry?.stop();
  rmSync(home, { recursive: true, force: true });
});

describe("the origin of a build", () => {
  const job = {
    GITHUB_ACTIONS: "true",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "ml/rampa",
    GITHUB_REF: "refs/heads/main",
    GITHUB_WORKFLOW_REF: "ml/rampa/.github/workflows/release.yml@refs/heads/main",
    GITHUB_RUN_ID: "7",
    GITHUB_RUN_ATTEMPT: "1",
  };

  it("is the commit, and the workflow at its ref as who vouches for it", async () => {
    expect(await readBuildOrigin(source, job)).toEqual({
      source: "git+https://github.com/ml/rampa@refs/heads/main",
      commit: git("-C", source, "rev-parse", "HEAD"),
      builder: "https://github.com/ml/rampa/.github/workflows/release.yml@refs/heads/main",
      invocation: "https://github.com/ml/rampa/actions/runs/7/attempts/1",
    });
  });

  it("is what other systems say of themselves", async () => {
    const named = {
      RAMPA_BUILDER: "https://ci.example.com/builder",
      RAMPA_SOURCE: "git+https://git.example.com/ml",
    };
    expect(await readBuildOrigin(source, named)).toMatchObject({
      builder: named.RAMPA_BUILDER,
      source: named.RAMPA_SOURCE,
    });
  });

  it("is refused for a tree that no commit holds", async () => {
    writeFileSync(join(source, "new"), "two");
    await expect(readBuildOrigin(source, {})).rejects.toThrow(
      "the tree has 1 changes that no commit holds, e.g. ?? new",
    );
    rmSync(join(source, "new"));
  });
});

describe("publishing", () => {
  const publish = async (change: Partial<SignedBuild> = {}) =>
    publishSigned({
      repository: `${registry.host}/team/published`,
      out: join(home, "release"),
      signer: { kind: "key", pem: keys.privatePem },
      origin: await readBuildOrigin(source, {}),
      progress: silent,
      ...change,
    });

  it("gives one digest that can be trusted, the same one the second time, and its documents as files", async () => {
    const [first, second] = [await publish(), await publish()];
    expect(second.digest).toBe(first.digest);
    const { repository, digest } = first;
    const image = { repository, digest, registry: await toRegistry(repository) };
    await requireTrusted(image, { kind: "key", pem: keys.publicPem }, "https://rampa.dev/builder/local");
    const bill = JSON.parse(readFileSync(join(home, "release/sbom.cdx.json"), "utf8"));
    const purls: string[] = bill.components.map(({ purl }: { purl: string }) => purl);
    for (const kind of ["pkg:npm/zod@", "pkg:deb/debian/libc6@", "pkg:generic/node@"]) {
      expect(
        purls.some((purl) => purl.startsWith(kind)),
        kind,
      ).toBe(true);
    }
    const provenance = JSON.parse(readFileSync(join(home, "release/provenance.json"), "utf8"));
    expect(provenance.buildDefinition.resolvedDependencies[0].digest.gitCommit).toBe(
      git("-C", source, "rev-parse", "HEAD"),
    );
    // Its folder lies beside the checkout's own images and carries the name of this registry.
    rmSync(dirname(dirname(first.layout)), { recursive: true });
  });

  it("ends before it says anything is signed where the key is none", async () => {
    const failure = publish({ signer: { kind: "key", pem: "planted-secret" } });
    await expect(failure).rejects.toThrow("want a private key for ECDSA on P-256 in PEM, unencrypted");
    await expect(failure).rejects.not.toThrow("planted-secret");
  });
});
