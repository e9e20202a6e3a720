// The one error the image builder throws when something outside it fails; its code says which part.

export type ImageErrorCode =
  | "image.base"
  | "image.node"
  | "image.native"
  | "image.checksum"
  | "image.registry"
  | "image.unsupported"
  | "image.wheel";

/** An expected failure with a literal code and, in the message, what to do next. */
export class ImageError extends Error {
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ImageError";
    this.code = code;
  }
}
