// `rampa pipeline publish`: builds the runtime image once, pushes it by digest, signs it and proves that it can be trusted.

import { createPublicKey } from "node:crypto";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type OutputOptions, print } from "../cli/output.ts";
import { chooseDisplay } from "../cli/run-steps.ts";
import { readStack } from "../cli/stack-file.ts";
import { blobPath, digestOf } from "../local/images/blob-store.ts";
import { canonicalJson } from "../local/images/oci-documents.ts";
import { publishRuntimeImage, toRegistry } from "../local/images/publish-image.ts";
import type { RuntimeImage } from "../local/images/runtime-image.ts";
import { paths } from "../local/paths.ts";
import type { Progress } from "../local/progress.ts";
import { readBuildOrigin } from "./build-origin.ts";
import {
  GITHUB_ISSUER,
  type Predicates,
  type Signer,
  signerFrom,
  signImage,
  type Trust,
} from "./image-trust.ts";
import { PipelineError } from "./pipeline-error.ts";
import { readSigningKey } from "./signed-bundle.ts";
import { type BuildOrigin, provenanceOf } from "./statement.ts";
import { requireTrusted } from "./verify-image.ts";

export type PublishOptions = OutputOptions & {
  /** Its `rampa:image.repository` is where the image goes. */
  readonly stack: string;
  /** Folder for the bill of materials and the provenance. */
  readonly out: string;
};

const sbomDocument = z.record(z.string(), z.unknown());

export async function runPublish(options: PublishOptions): Promise<number> {
  const settings = await readStack(options.stack);
  const repository = settings.image?.repository;
  if (repository === undefined) {
    const reason = `stack ${options.stack} has no rampa:image.repository`;
    throw new PipelineError("pipeline.environment", reason, `set it in stacks/Pulumi.${options.stack}.yaml`);
  }
  const display = chooseDisplay(options.json === true);
  const image = await publishSigned({
    repository,
    out: options.out,
    signer: signerFrom(process.env),
    origin: await readBuildOrigin(paths.checkout, process.env),
    progress: { report: (line) => display.write(line) },
  });
  await tellJob(image.digest);
  const { digest, reference } = image;
  print(options, { repository, digest, reference }, `${reference} is signed`);
  return 0;
}

export type SignedBuild = {
  readonly repository: string;
  readonly out: string;
  readonly signer: Signer;
  readonly origin: BuildOrigin;
  readonly progress: Progress;
};

/** Resolves once what was pushed could be verified, as a deployment will. */
export async function publishSigned(build: SignedBuild): Promise<RuntimeImage> {
  const { repository, signer, origin, progress } = build;
  const startedOn = new Date().toISOString();
  const image = await publishRuntimeImage({ repository, push: true, progress });
  const predicates = await describeBuild(image, origin, startedOn);
  await writeDocuments(build.out, predicates);
  progress.report("signing");
  const trusted = { registry: await toRegistry(repository), repository, digest: image.digest };
  await signImage(trusted, predicates, signer);
  await requireTrusted(trusted, ownTrust(signer, origin), origin.builder);
  return image;
}

async function describeBuild(
  image: RuntimeImage,
  origin: BuildOrigin,
  startedOn: string,
): Promise<Predicates> {
  const sbom = sbomDocument.parse(
    JSON.parse(await readFile(blobPath(image.layout, image.sbomDigest), "utf8")),
  );
  const lockfile = digestOf(await readFile(join(paths.checkout, "package-lock.json")));
  const { repository, bundleDigest: bundle, sbomDigest } = image;
  const finishedOn = new Date().toISOString();
  const facts = { ...origin, repository, startedOn, finishedOn, lockfile, bundle, sbom: sbomDigest };
  return { signature: {}, provenance: provenanceOf(facts), sbom };
}

async function writeDocuments(folder: string, { provenance, sbom }: Predicates): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "provenance.json"), `${canonicalJson(provenance)}\n`);
  await writeFile(join(folder, "sbom.cdx.json"), canonicalJson(sbom));
}

/** Whoever signed checks at once, as a later step will: what cannot be verified never gets a name. */
function ownTrust(signer: Signer, { builder }: BuildOrigin): Trust {
  if (signer.kind === "cosign") {
    const options = ["--certificate-identity", builder, "--certificate-oidc-issuer", GITHUB_ISSUER];
    return { kind: "cosign", options };
  }
  const key = createPublicKey(readSigningKey(signer.pem));
  return { kind: "key", pem: key.export({ type: "spki", format: "pem" }).toString() };
}

/** Later jobs take the digest from this step's outputs, where the system has such a file. */
async function tellJob(digest: string): Promise<void> {
  const file = process.env.GITHUB_OUTPUT;
  if (file !== undefined) await appendFile(file, `digest=${digest}\n`);
}
