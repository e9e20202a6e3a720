// What a version's weights are told by, so that two environments can be compared.
import { artefactsOf } from "./artefacts.ts";
import type { VersionSettings } from "./serving.args.ts";

/** A text that is equal where the weights are: their checksum, or the place that an engine loads them from. */
export function weightsIdentity(version: VersionSettings): string {
  const artefacts = artefactsOf(version).map(({ sha256 }) => sha256);
  if (version.engine === "llama" || version.engine === "onnx") return artefacts.join("+");
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
