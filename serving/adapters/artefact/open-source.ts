// Chooses the source for an artefact's address.
import { ArtefactError } from "./artefact-error.ts";
import type { ArtefactSource, FetchSurroundings } from "./artefact-source.ts";
import { fileSource } from "./file-source.ts";
import { httpSource } from "./http-source.ts";
import { hubSource } from "./hub-source.ts";
import { ociSource } from "./oci-source.ts";
import { parseSource } from "./parse-source.ts";
import { pypiSource } from "./pypi-source.ts";
import { s3Source } from "./s3-source.ts";

export function openSource(address: string, around: FetchSurroundings): ArtefactSource {
  const parsed = parseSource(address);
  switch (parsed?.kind) {
    case "file":
      return fileSource(parsed.path);
    case "https":
      return httpSource({ url: parsed.url, headers: (_to, range) => range }, around);
    case "hf":
      return hubSource(parsed, around);
    case "s3":
      return s3Source(parsed.bucket, parsed.key, around);
    case "oci":
      return ociSource(parsed, around);
    case "pypi":
      return pypiSource(parsed, around);
    case undefined:
      throw new ArtefactError(
        "artefact.not-found",
        `${address}: got an address of no known form, want hf:, https:, s3:, oci:, file: or pypi:`,
      );
  }
}
