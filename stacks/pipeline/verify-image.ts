// `rampa pipeline verify`: refuses an image that is not signed, described and built by who must have built it.
import { type OutputOptions, print } from "../cli/output.ts";
import { readStack } from "../cli/stack-file.ts";
import { isDigest } from "../local/images/blob-store.ts";
import { toRegistry } from "../local/images/publish-image.ts";
import { readImageManifest } from "../local/images/referrers.ts";
import type { StackSettings } from "../settings.ts";
import {
  readTrustedStatements,
  type Trust,
  type TrustedImage,
  type TrustOptions,
  trustFrom,
} from "./image-trust.ts";
import { PipelineError } from "./pipeline-error.ts";
import { findStatementFaults } from "./statement.ts";

export type VerifyOptions = OutputOptions &
  TrustOptions & { readonly stack: string; readonly builder?: string };

export async function runVerify(options: VerifyOptions): Promise<number> {
  const image = await imageOf(await readStack(options.stack));
  await requireTrusted(image, await trustFrom(options), options.builder);
  const { repository, digest } = image;
  print(
    options,
    { repository, digest, trusted: true },
    `${repository}@${digest}: signature, provenance and bill of materials hold`,
  );
  return 0;
}

/** Throws `pipeline.signature` with everything that is missing or wrong. */
export async function requireTrusted(image: TrustedImage, trust: Trust, builder?: string): Promise<void> {
  const { registry, repository, digest } = image;
  const { annotations } = await readImageManifest(registry, digest);
  const statements = await readTrustedStatements(image, trust);
  const sbom = annotations["rampa.dev/sbom"];
  const faults = findStatementFaults(statements, { digest, sbom, ...(builder !== undefined && { builder }) });
  if (faults.length === 0) return;
  const reason = [`${repository}@${digest} must not run:`, ...faults.map((fault) => `  ${fault}`)].join("\n");
  throw new PipelineError(
    "pipeline.signature",
    reason,
    "npm run rampa -- pipeline publish, from the commit to run",
  );
}

async function imageOf({ stack, image }: StackSettings): Promise<TrustedImage> {
  if (image?.digest === undefined || !isDigest(image.digest)) {
    const reason = `stack ${stack} names no image by digest`;
    throw new PipelineError(
      "pipeline.signature",
      reason,
      `npm run rampa -- pipeline pin --stack ${stack} --digest DIGEST`,
    );
  }
  const { repository, digest } = image;
  return { registry: await toRegistry(repository), repository, digest };
}
