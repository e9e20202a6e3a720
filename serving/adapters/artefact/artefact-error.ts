// The expected failures of fetching and verifying an artefact.

export type ArtefactErrorCode =
  | "artefact.checksum"
  | "artefact.credentials"
  | "artefact.disk"
  | "artefact.http"
  | "artefact.interrupted"
  | "artefact.lock"
  | "artefact.redirect"
  | "artefact.timeout"
  | "artefact.tool"
  | "artefact.not-found";

/** Says which artefact failed and why; `retryable` where another attempt may succeed. */
export class ArtefactError extends Error {
  readonly code: ArtefactErrorCode;
  readonly retryable: boolean;

  constructor(code: ArtefactErrorCode, message: string, retryable = false) {
    super(message);
    this.name = "ArtefactError";
    this.code = code;
    this.retryable = retryable;
  }
}
