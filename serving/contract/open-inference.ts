// Wire types of the Open Inference Protocol, version 2, over HTTP with JSON, and its extension for binary tensors.
import { z } from "zod";
import { DATATYPES, type Datatype } from "./tensor.ts";

export const OPEN_INFERENCE_ROOT = "/v2";
/** Bytes of JSON at the start of a body; binary tensors follow it. */
export const JSON_LENGTH_HEADER = "inference-header-content-length";

const parameters = z.record(z.string(), z.unknown(), "expected an object").optional();
const name = z.string("expected a string").min(1, "expected a name");
const size = z.int("expected whole numbers from 0 up").min(0, "expected whole numbers from 0 up");

const requestInput = z.looseObject(
  {
    name,
    shape: z.array(size, "expected a list of sizes").max(16, "expected at most 16 sizes"),
    datatype: z.enum(DATATYPES, `expected one of ${DATATYPES.join(", ")}`),
    parameters,
    /** Checked with the datatype, value by value. */
    data: z.custom<readonly unknown[]>(Array.isArray, "expected a list").optional(),
  },
  "expected an object",
);

const requestOutput = z.looseObject({ name, parameters }, "expected an object");

export const inferRequest = z.looseObject({
  id: z.string("expected a string").optional(),
  parameters,
  inputs: z
    .array(requestInput, "expected a list of tensors")
    .min(1, "expected at least one tensor")
    .max(256, "expected at most 256 tensors"),
  outputs: z
    .array(requestOutput, "expected a list of outputs")
    .max(256, "expected at most 256 outputs")
    .optional(),
});

export type InferRequestBody = z.output<typeof inferRequest>;
export type RequestInput = z.output<typeof requestInput>;

type TensorMetadata = {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 for a size that a request chooses. */
  readonly shape: readonly number[];
};

export type ModelMetadata = {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
};

export type ServerMetadata = {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
};

/** What Rampa's model servers and gateway say of themselves; the version is the protocol's. */
export const SERVER_METADATA: ServerMetadata = {
  name: "rampa",
  version: "2",
  extensions: ["binary_tensor_data"],
};
