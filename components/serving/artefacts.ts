// The files that a version's pods load, by address and checksum.
import type { ModelArtefact } from "../../serving/contract/model-source.ts";

type Version =
  | { readonly engine: "llama"; readonly artefact: ModelArtefact }
  | {
      readonly engine: "onnx";
      readonly artefact: ModelArtefact;
      readonly externalData: readonly ModelArtefact[];
      readonly embeddings?: { readonly tokenizer: ModelArtefact } | undefined;
    }
  /** Loads its weights by itself, or has none here. */
  | { readonly engine: "vllm" | "tgi" | "external" };

/** Each file once, the model itself first. */
export function artefactsOf(version: Version): readonly ModelArtefact[] {
  if (version.engine === "llama") return [version.artefact];
  if (version.engine !== "onnx") return [];
  const { artefact, externalData, embeddings } = version;
  const files = [artefact, ...externalData, ...(embeddings === undefined ? [] : [embeddings.tokenizer])];
  const byContent = new Map(files.map(({ source, sha256 }) => [sha256, { source, sha256 }]));
  return [...byContent.values()];
}
