// Settings of the runtime image → the reference that pods use.
import type { ImageSettings } from "./image.args.ts";

export type ImagePlan = {
  readonly repository: string;
  readonly digest: string;
  /** `repository@digest`. */
  readonly reference: string;
  /** Digest of the bill of materials; empty when there is none. */
  readonly sbomDigest: string;
};

/** Decides how pods name the image: by digest, so that nothing else can ever run under that name. */
export function planImage(settings: ImageSettings): ImagePlan {
  const { repository, digest, sbomDigest = "" } = settings;
  return { repository, digest, sbomDigest, reference: `${repository}@${digest}` };
}
