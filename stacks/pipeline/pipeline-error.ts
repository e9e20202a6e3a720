// PipelineError: an expected failure of a pipeline step, with its code and what to do next.

export type PipelineErrorCode =
  | "pipeline.environment"
  | "pipeline.github"
  | "pipeline.signature"
  | "pipeline.tool";

export class PipelineError extends Error {
  readonly code: PipelineErrorCode;
  readonly next: string;

  constructor(code: PipelineErrorCode, reason: string, next: string) {
    super(`${reason}\nNext: ${next}`);
    this.name = "PipelineError";
    this.code = code;
    this.next = next;
  }
}
