// file: an artefact on a disk that the process can read.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { ArtefactError } from "./artefact-error.ts";
import type { ArtefactSource } from "./artefact-source.ts";

export function fileSource(path: string): ArtefactSource {
  return {
    async open(from, signal) {
      const size = await stat(path).then(
        (found) => found.size,
        () => {
          throw new ArtefactError("artefact.not-found", `${path}: no such file, or it cannot be read`);
        },
      );
      const start = from <= size ? from : 0;
      return { from: start, total: size, bytes: createReadStream(path, { start, signal }) };
    },
  };
}
