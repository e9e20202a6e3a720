// Pushing to a real registry on loopback: once, by digest, with the bill of materials, behind a password.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blobPath, digestOf } from "../../../../stacks/local/images/blob-store.ts";
import { publishRuntimeImage } from "../../../../stacks/local/images/publish-image.ts";
import { pushImage } from "../../../../stacks/local/images/push-image.ts";
import { buildImage, type RuntimeImage } from "../../../../stacks/local/images/runtime-image.ts";
import { silent } from "../../../../stacks/local/progress.ts";
import { ensureDebianPackages, run, writeBundle } from "./image-fixture.ts";
import { type LocalRegistry, startRegistry } from "./local-registry.ts";

let home: string;
let image: RuntimeImage;
let registry: LocalRegistry;
const account = { username: "pusher", password: "planted-secret" };
const repository = "team/serving";

beforeAll(async () => {
  ensureDebianPackages({
    skopeo: "skopeo",
    "docker-registry": "docker-registry",
    "apache2-utils": "htpasswd",
  });
  home = await mkdtemp(join(tmpdir(), "rampa-push-"));
  image = await buildImage({
    repository: "rampa.local/serving",
    bundle: await writeBundle(home, "console.log('pushed')"),
    output: join(home, "out"),
  });
  registry = await startRegistry({ folder: join(home, "registry"), data: join(home, "data"), account });
});

afterAll(async () => {
  await registry?.stop();
  await rm(home, { recursive: true, force: true });
});

const skopeo = (verb: string, ...args: readonly string[]) => run("skopeo", verb, ...args);
const credentials = `${account.username}:${account.password}`;

describe("pushImage", () => {
  it("uploads every layer, and skopeo pulls the same digest back", async () => {
    const pushed = await pushImage(image, { url: registry.url, repository, ...account }, silent);
    expect(pushed).toBe(`${registry.host}/${repository}@${image.digest}`);
    const copy = join(home, "pulled");
    const pulled = skopeo(
      "copy",
      "--src-tls-verify=false",
      "--src-creds",
      credentials,
      `docker://${pushed}`,
      `oci:${copy}:x`,
    );
    expect(pulled.stderr).toBe("");
    const manifest = await readFile(blobPath(copy, image.digest), "utf8");
    expect(digestOf(manifest)).toBe(image.digest);
  });

  it("uploads nothing the second time", async () => {
    const before = (await registry.log()).length;
    await pushImage(image, { url: registry.url, repository, ...account }, silent);
    const requests = (await registry.log()).slice(before);
    expect(requests).toContain("HEAD /v2/team/serving/manifests/sha256:");
    expect(requests).not.toMatch(/"(POST|PUT|PATCH) /);
  });

  it("lists the bill of materials under the image's tag on a registry without the referrers API", async () => {
    const tag = image.digest.replace(":", "-");
    const source = `docker://${registry.host}/${repository}:${tag}`;
    const raw = skopeo("inspect", "--raw", "--tls-verify=false", "--creds", credentials, source);
    const index = JSON.parse(raw.stdout);
    expect(index.manifests).toEqual([
      expect.objectContaining({
        digest: image.sbomManifestDigest,
        artifactType: "application/vnd.cyclonedx+json",
      }),
    ]);
  });

  it("is refused with a wrong password, which shows nowhere", async () => {
    const wrong = { url: registry.url, repository, username: "pusher", password: "other-planted-secret" };
    const error: unknown = await pushImage(image, wrong, silent).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "image.registry" });
    expect(String(error)).toContain("401");
    expect(String(error)).not.toContain("planted-secret");
  });
});

describe("publishRuntimeImage", () => {
  const before = process.env.DOCKER_CONFIG;
  afterAll(() => {
    if (before === undefined) delete process.env.DOCKER_CONFIG;
    else process.env.DOCKER_CONFIG = before;
  });

  it("builds this checkout's image and, unless it is only previewed, pushes it with the login of docker", async () => {
    process.env.DOCKER_CONFIG = home;
    const auth = Buffer.from(credentials).toString("base64");
    await writeFile(join(home, "config.json"), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const published = { repository: `${registry.host}/team/published` };
    const planned = await publishRuntimeImage({ ...published, push: false });
    const inspect = () =>
      skopeo(
        "inspect",
        "--raw",
        "--tls-verify=false",
        "--creds",
        credentials,
        `docker://${planned.reference}`,
      );
    expect(inspect().status).not.toBe(0);
    const pushed = await publishRuntimeImage({ ...published, push: true });
    expect(pushed.digest).toBe(planned.digest);
    expect(digestOf(inspect().stdout)).toBe(pushed.digest);
    // Its folder lies beside the checkout's own images and carries the name of this registry.
    await rm(dirname(dirname(pushed.layout)), { recursive: true });
  });
});

describe("a base image by digest", () => {
  it("is pulled from the registry, verified, and gives its layers and packages to the new image", async () => {
    // Base images are public: the same content, served without a password.
    const open = await startRegistry({ folder: join(home, "open"), data: join(home, "data") });
    try {
      const built = await buildImage({
        repository: "rampa.local/serving",
        bundle: await writeBundle(home, "console.log('on a base')"),
        cache: join(home, "base-cache"),
        output: join(home, "base-out"),
        baseImage: `${open.url}/${repository}@${image.digest}`,
      });
      const [base, derived] = await Promise.all([layersOf(image), layersOf(built)]);
      expect(derived.slice(0, base.length)).toEqual(base);
      const sbom = await readFile(blobPath(built.layout, built.sbomDigest), "utf8");
      expect(sbom).toContain("pkg:deb/debian/libc6@");
    } finally {
      await open.stop();
    }
  });

  it("is refused without a digest", async () => {
    const request = { repository: "r", bundle: await writeBundle(home, "1"), cache: join(home, "no-base") };
    await expect(buildImage({ ...request, baseImage: "registry.test/base:latest" })).rejects.toThrow(
      "want registry/repository@sha256:",
    );
  });
});

async function layersOf(built: RuntimeImage): Promise<string[]> {
  const manifest = JSON.parse(await readFile(blobPath(built.layout, built.digest), "utf8"));
  return manifest.layers.map(({ digest }: { digest: string }) => digest);
}
