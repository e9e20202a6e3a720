// Settings of the runtime image: where it lies, by which digest, and from which registries images may come.
import { z } from "zod";

export const sha256Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, "`sha256:` and 64 lower-case hexadecimal digits");

const repository = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?(\/[a-z0-9]+([._-][a-z0-9]+)*)+$/,
    "a repository with its registry and without a tag, e.g. registry.example.com/ml/rampa",
  );

const imageFields = z.strictObject({
  repository: repository.describe("Registry and path of the runtime image, without a tag."),
  digest: sha256Digest.describe("Digest of the image; what runs is named by it, never by a tag."),
  sbomDigest: sha256Digest
    .optional()
    .describe("Digest of the image's software bill of materials; unknown when left out."),
  allowedRegistries: z
    .array(z.string().min(1))
    .min(1)
    .default(["rampa.local"])
    .describe("Registries that images may come from: the part of `repository` before the first slash."),
});

export const imageSettings = imageFields.refine(isAllowed, {
  path: ["repository"],
  message: "a repository in one of `allowedRegistries`",
});

/** An image as it stands in a stack file, where its digest may be that of an image yet to be pushed. */
export const imageSource = imageFields
  .extend({
    digest: sha256Digest
      .optional()
      .describe(
        "Digest of a published image. When left out, `up` builds the image from this checkout and pushes it to `repository`; only in `local` and `dev`.",
      ),
  })
  .refine(isAllowed, { path: ["repository"], message: "a repository in one of `allowedRegistries`" });

export type ImageSettings = z.output<typeof imageSettings>;
export type ImageArgs = z.input<typeof imageSettings>;

function isAllowed(it: { repository: string; allowedRegistries: string[] }): boolean {
  return it.allowedRegistries.includes(registryOf(it.repository));
}

/** `registry.example.com/ml/rampa` → `registry.example.com`. */
function registryOf(repository: string): string {
  return repository.slice(0, repository.indexOf("/"));
}
