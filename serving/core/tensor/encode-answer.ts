// Output tensors → the answer of the Open Inference Protocol: JSON, and behind it the tensors that are wanted as bytes.
import { faults } from "../../contract/openai/fault.ts";
import type { Tensor } from "../../contract/tensor.ts";
import type { Decoded } from "../chat/decoded.ts";
import { toBinary, toJson } from "./datatypes.ts";
import type { InferCall } from "./infer-call.ts";

export type AnswerHead = { readonly model: string; readonly version: string };

export type EncodedAnswer = {
  readonly json: string;
  /** In the order of the outputs; empty where all of them are in the JSON. */
  readonly binary: readonly Uint8Array[];
};

/** Fails where an output holds NaN or an infinity and was asked for in JSON, which has neither. */
export function encodeAnswer(
  { model, version }: AnswerHead,
  { id, outputs: choices }: InferCall,
  tensors: readonly Tensor[],
): Decoded<EncodedAnswer> {
  const binary: Uint8Array[] = [];
  const outputs: string[] = [];
  for (const { name, datatype, shape, values } of tensors) {
    const head = { name, datatype, shape };
    if (choices.find((choice) => choice.name === name)?.isBinary === true) {
      const bytes = toBinary(values);
      binary.push(bytes);
      outputs.push(JSON.stringify({ ...head, parameters: { binary_data_size: bytes.length } }));
      continue;
    }
    const data = toJson(datatype, values);
    if (data === undefined)
      return { ok: false, fault: faults.invalidField("outputs", "not_json", NOT_JSON(name)) };
    outputs.push(`${JSON.stringify(head).slice(0, -1)},"data":${data}}`);
  }
  const head = { model_name: model, model_version: version, ...(id !== undefined && { id }) };
  return {
    ok: true,
    value: { json: `${JSON.stringify(head).slice(0, -1)},"outputs":[${outputs}]}`, binary },
  };
}

const NOT_JSON = (name: string): string =>
  `The output ${name} holds NaN or an infinity, which JSON has no word for: ask for it with binary_data.`;
