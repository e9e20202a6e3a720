// What a version's weights are told by, so that two environments can be compared.
import type { VersionSettings } from "./serving.args.ts";

/** A text that is equal where the weights are: their checksum, or the place that an engine loads them from. */
export function weightsIdentity(version: VersionSettings): string {
  if (version.engine === "llama") return version.artefact.sha256;
  const { model } = version;
  switch (model.from) {
    case "hf":
      return `hf:${model.repository}@${model.revision}`;
    case "s3":
      return model.prefix;
    case "cache":
      return `cache:${model.path}`;
  }
}
