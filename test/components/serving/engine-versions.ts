// Versions on GPU engines that the tests of this area share.
import { type ModelVersionSettings, modelVersionSettings } from "../../../components/serving/serving.args.ts";
import { ownership } from "../../kit/component-owner.ts";

export const digest = `sha256:${"ab".repeat(32)}`;
export const revision = "0e9e39f249a16976918f6564b8830bc894c89659";

/** As in the config.json of Llama 3.1 8B. */
export const llamaShape = {
  parametersBillions: 8.03,
  layers: 32,
  kvHeads: 8,
  headDim: 128,
  hiddenSize: 4096,
  vocabularySize: 128_256,
};

const place = { ownership, endpoint: "chat", version: "2.0.0" };
const model = { from: "hf", repository: "meta-llama/Llama-3.1-8B-Instruct", revision };

export const vllm = {
  ...place,
  engine: "vllm",
  image: `registry.example.com/vllm/vllm-openai@${digest}`,
  model,
  modelShape: llamaShape,
  maxModelLength: 8192,
  gpu: { pool: "l4" },
};

export const tgi = {
  ...place,
  engine: "tgi",
  image: `registry.example.com/huggingface/tgi@${digest}`,
  model,
  modelShape: llamaShape,
  maxInputTokens: 4096,
  maxTotalTokens: 8192,
  gpu: { pool: "l4" },
};

export const llama = {
  ...place,
  engine: "llama",
  artefact: { source: "hf:org/repo@main/model.gguf", sha256: "ab".repeat(32) },
};

export const refs = {
  namespace: "rampa",
  image: `rampa.local/serving@${digest}`,
  serviceAccount: "model",
  priorityClass: "rampa-model",
  cacheClaim: "model-cache",
};

/** Settings of `version` with the changes, of the engine that is asked for. */
export function versionOf<E extends ModelVersionSettings["engine"]>(
  engine: E,
  version: object,
): Extract<ModelVersionSettings, { engine: E }> {
  const settings = modelVersionSettings.parse(version);
  if (!isOf(engine, settings)) throw new Error(`not on ${engine}`);
  return settings;
}

function isOf<E extends ModelVersionSettings["engine"]>(
  engine: E,
  settings: ModelVersionSettings,
): settings is Extract<ModelVersionSettings, { engine: E }> {
  return settings.engine === engine;
}

/** What is wrong with a version: paths and wants. */
export function problemsOf(version: object): readonly (readonly [string, string])[] {
  const { error } = modelVersionSettings.safeParse(version);
  return error?.issues.map((issue) => [issue.path.join("."), issue.message] as const) ?? [];
}
