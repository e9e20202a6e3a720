// Why weights are not loaded; the process ends with an exit code other than 0.

export type ModelErrorCode =
  | "model.missing"
  | "model.format"
  | "model.truncated"
  | "model.checksum"
  | "model.template"
  | "model.tokenizer"
  | "model.load";

export class ModelError extends Error {
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string) {
    super(message);
    this.name = "ModelError";
    this.code = code;
  }
}
