// Signatures, provenance and bill of materials in a real registry: ours read by cosign, cosign's by us, tampering refused.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blobPath, digestOf } from "../../stacks/local/images/blob-store.ts";
import { pushImage } from "../../stacks/local/images/push-image.ts";
import { attachDocument, readDocuments, readImageManifest } from "../../stacks/local/images/referrers.ts";
import { buildImage, type RuntimeImage } from "../../stacks/local/images/runtime-image.ts";
import { silent } from "../../stacks/local/progress.ts";
import {
  type Predicates,
  readTrustedStatements,
  signImage,
  type TrustedImage,
} from "../../stacks/pipeline/image-trust.ts";
import { BUNDLE_TYPE } from "../../stacks/pipeline/signed-bundle.ts";
import { PREDICATES, provenanceOf } from "../../stacks/pipeline/statement.ts";
import { requireTrusted } from "../../stacks/pipeline/verify-image.ts";
import { ensureGoProgram } from "../kit/go-program.ts";
import { NotObtainable } from "../kit/obtained-tool.ts";
import { ensureDebianPackages, run, writeBundle } from "../stacks/local/images/image-fixture.ts";
import { type LocalRegistry, startRegistry } from "../stacks/local/images/local-registry.ts";
import { cosign } from "./go-tool.ts";
import { newKeyPair } from "./signing-keys.ts";

const ours = newKeyPair();
const strangers = newKeyPair();
const builder = "https://git.example.com/ml/rampa/.github/workflows/release.yml@refs/heads/main";
const path = process.env.PATH ?? "";
let home: string;
let registry: LocalRegistry;

/** A large program, whose toolchain and modules not every network has; without it what it judges is skipped. */
const obtainCosign = (): Promise<string | undefined> =>
  ensureGoProgram(cosign).then(dirname, (error: unknown) => {
    if (!(error instanceof NotObtainable)) throw error;
    console.log(`skipped: ${error.message}`);
    return undefined;
  });
let cosignFolder: string | undefined;

beforeAll(async () => {
  ensureDebianPackages({ "docker-registry": "docker-registry" });
  cosignFolder = await obtainCosign();
  if (cosignFolder !== undefined) process.env.PATH = [cosignFolder, path].join(delimiter);
  home = await mkdtemp(join(tmpdir(), "rampa-trust-"));
  registry = await startRegistry({ folder: join(home, "registry"), data: join(home, "data") });
  await writeFile(join(home, "ours.pub"), ours.publicPem);
  // cosign takes minutes to build the first time.
}, 25 * 60_000);

afterAll(async () => {
  process.env.PATH = path;
  await registry?.stop();
  await rm(home, { recursive: true, force: true });
});

type Published = { readonly image: TrustedImage; readonly predicates: Predicates };

/** A real image of its own, in a repository of its own. */
async function publish(name: string): Promise<Published> {
  const repository = `${registry.host}/team/${name}`;
  const built = await buildImage({
    repository,
    bundle: await writeBundle(home, `console.log("${name}")`),
    output: join(home, "out"),
  });
  const place = { url: registry.url, repository: `team/${name}` };
  await pushImage(built, place, silent);
  return {
    image: { registry: place, repository, digest: built.digest },
    predicates: await describeImage(built),
  };
}

async function describeImage(built: RuntimeImage): Promise<Predicates> {
  const { repository, bundleDigest: bundle, sbomDigest: sbom } = built;
  const moment = "2026-11-21T10:00:00.000Z";
  const provenance = provenanceOf({
    source: "git+https://git.example.com/ml/rampa@refs/heads/main",
    commit: "0".repeat(40),
    builder,
    invocation: "https://git.example.com/ml/rampa/actions/runs/1/attempts/1",
    repository,
    startedOn: moment,
    finishedOn: moment,
    lockfile: digestOf("lock"),
    bundle,
    sbom,
  });
  return {
    signature: {},
    provenance,
    sbom: JSON.parse(await readFile(blobPath(built.layout, sbom), "utf8")),
  };
}

const byKey = { kind: "key", pem: ours.publicPem } as const;
const reasonOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: unknown) => String(error),
  );

describe("an image signed with a key of one's own", () => {
  let signed: Published;
  beforeAll(async () => {
    signed = await publish("signed");
    await signImage(signed.image, signed.predicates, { kind: "key", pem: ours.privatePem });
  });

  it("may run, for who believes that key and that builder", async () => {
    await requireTrusted(signed.image, byKey, builder);
    const statements = await readTrustedStatements(signed.image, byKey);
    expect(statements.map(({ predicateType }) => predicateType).toSorted()).toEqual(
      Object.values(PREDICATES).toSorted(),
    );
  });

  it("is verified by cosign: signature, SLSA provenance and CycloneDX bill of materials", (context) => {
    if (cosignFolder === undefined) context.skip();
    const reference = `${signed.image.repository}@${signed.image.digest}`;
    const how = ["--key", join(home, "ours.pub"), "--insecure-ignore-tlog=true", reference];
    const results = [
      run("cosign", "verify", ...how),
      run("cosign", "verify-attestation", "--type", "slsaprovenance1", ...how),
      run("cosign", "verify-attestation", "--type", "cyclonedx", ...how),
    ];
    expect(results.map(({ status, stderr }) => (status === 0 ? "verified" : stderr))).toEqual(
      results.map(() => "verified"),
    );
    const [, provenance] = results;
    const { payload } = JSON.parse(provenance?.stdout.trim().split("\n")[0] ?? "");
    expect(JSON.parse(Buffer.from(payload, "base64").toString()).predicate).toEqual(
      signed.predicates.provenance,
    );
  });

  it("stays listed beside the bill of materials that was pushed with it", async () => {
    const index = await fetch(
      `${registry.url}/v2/team/signed/manifests/${signed.image.digest.replace(":", "-")}`,
      { headers: { accept: "application/vnd.oci.image.index.v1+json" } },
    );
    const { manifests } = (await index.json()) as { manifests: { artifactType: string }[] };
    expect(manifests.map(({ artifactType }) => artifactType)).toEqual([
      "application/vnd.cyclonedx+json",
      BUNDLE_TYPE,
      BUNDLE_TYPE,
      BUNDLE_TYPE,
    ]);
  });

  it("is refused for who believes another key or another builder", async () => {
    const other = { kind: "key", pem: strangers.publicPem } as const;
    expect(await reasonOf(requireTrusted(signed.image, other))).toContain(
      "no signature with a valid signature",
    );
    expect(await reasonOf(requireTrusted(signed.image, byKey, "https://evil.example.com"))).toContain(
      `builder: got ${builder}, want https://evil.example.com`,
    );
  });
});

describe("tampering", () => {
  it("with nothing signed is refused with all three that are missing", async () => {
    const { image } = await publish("unsigned");
    expect(await reasonOf(requireTrusted(image, byKey))).toBe(
      [
        `PipelineError: ${image.repository}@${image.digest} must not run:`,
        "  no signature with a valid signature",
        "  no provenance with a valid signature",
        "  no sbom with a valid signature",
        "Next: npm run rampa -- pipeline publish, from the commit to run",
      ].join("\n"),
    );
  });

  it("by statements of another image is refused", async () => {
    const [good, evil] = [await publish("good"), await publish("evil")];
    await signImage(good.image, good.predicates, { kind: "key", pem: ours.privatePem });
    for (const text of await readDocuments(good.image.registry, good.image.digest, BUNDLE_TYPE)) {
      await attachDocument(evil.image.registry, evil.image.digest, {
        type: BUNDLE_TYPE,
        text,
        annotations: {},
      });
    }
    expect(await reasonOf(requireTrusted(evil.image, byKey))).toContain(
      "no signature with a valid signature",
    );
  });

  it("by a changed payload under an old signature is refused", async () => {
    const { image, predicates } = await publish("changed");
    await signImage(image, predicates, { kind: "key", pem: ours.privatePem });
    const elsewhere = await publish("changed-copy");
    for (const text of await readDocuments(image.registry, image.digest, BUNDLE_TYPE)) {
      const bundle = JSON.parse(text);
      const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, "base64").toString());
      statement.subject[0].digest.sha256 = elsewhere.image.digest.slice("sha256:".length);
      bundle.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement)).toString("base64");
      const place = [elsewhere.image.registry, elsewhere.image.digest] as const;
      await attachDocument(...place, { type: BUNDLE_TYPE, text: JSON.stringify(bundle), annotations: {} });
    }
    expect(await reasonOf(requireTrusted(elsewhere.image, byKey))).toContain(
      "no provenance with a valid signature",
    );
  });

  it("by a signed bill of materials of something else is refused", async () => {
    const { image, predicates } = await publish("other-bill");
    const forged = { ...predicates, sbom: { bomFormat: "CycloneDX", components: [] } };
    await signImage(image, forged, { kind: "key", pem: ours.privatePem });
    const { annotations } = await readImageManifest(image.registry, image.digest);
    const reason = await reasonOf(requireTrusted(image, byKey));
    expect(reason).toMatch(/sbom: got sha256:[0-9a-f]{64}, want sha256:/);
    expect(reason).toContain(String(annotations["rampa.dev/sbom"]));
  });
});

describe("an image signed by cosign", () => {
  it("may run, read through cosign; and by its key alone", async (context) => {
    if (cosignFolder === undefined) context.skip();
    const { image, predicates } = await publish("by-cosign");
    const folder = await mkdtemp(join(home, "keys-"));
    await writeFile(join(folder, "private.pem"), ours.privatePem, { mode: 0o600 });
    process.env.COSIGN_PASSWORD = "";
    const made = run(
      "cosign",
      "import-key-pair",
      "--key",
      join(folder, "private.pem"),
      "--output-key-prefix",
      join(folder, "ours"),
    );
    expect(made.status, made.stderr).toBe(0);
    // Without a network there is no transparency log and no time stamp.
    await writeFile(
      join(folder, "alone.json"),
      JSON.stringify({ mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json" }),
    );
    const options = ["--key", join(folder, "ours.key"), "--signing-config", join(folder, "alone.json")];
    await signImage(image, predicates, { kind: "cosign", options });
    const trust = ["--key", join(folder, "ours.pub"), "--insecure-ignore-tlog=true"];
    await requireTrusted(image, { kind: "cosign", options: trust }, builder);
    await requireTrusted(image, byKey, builder);
    const other = ["--key", join(home, "ours.pub"), "--insecure-ignore-tlog=true"];
    await writeFile(join(home, "ours.pub"), strangers.publicPem);
    expect(await reasonOf(requireTrusted(image, { kind: "cosign", options: other }))).toContain(
      "cosign verify:",
    );
    await writeFile(join(home, "ours.pub"), ours.publicPem);
  });
});
