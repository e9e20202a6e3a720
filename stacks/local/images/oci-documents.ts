// Pure encoders of the OCI documents: config, manifest, index, layout file (image-spec 1.1).
import type { Architecture } from "./base-pins.ts";
import type { Digest, LayerBlob, StoredBlob } from "./blob-store.ts";

export const mediaTypes = {
  config: "application/vnd.oci.image.config.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  empty: "application/vnd.oci.empty.v1+json",
  sbom: "application/vnd.cyclonedx+json",
} as const;

export type Descriptor = {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture: Architecture; readonly os: "linux" };
  readonly artifactType?: string;
};

/** A layer as the config and the manifest describe it. */
export type LayerDescription = LayerBlob & { readonly title: string };

/** What a container of the image starts when nothing else is asked for. */
export type ImageProgram = {
  readonly environment: readonly string[];
  readonly entrypoint: readonly string[];
  readonly workingDirectory: string;
  /** What asks the program to stop; SIGTERM when left out. */
  readonly stopSignal?: string;
};

export type ImageDescription = {
  readonly architecture: Architecture;
  readonly layers: readonly LayerDescription[];
  readonly labels: Readonly<Record<string, string>>;
  readonly program: ImageProgram;
};

/** The content of the empty descriptor, fixed by the image specification. */
export const emptyConfig = "{}";
export const layoutFile = '{"imageLayoutVersion":"1.0.0"}';
/** Images carry no build time, else the digest would depend on it. */
const CREATED = "1970-01-01T00:00:00Z";
export const runtimeUser = 65_532;

/** JSON with sorted keys and no spaces: one value, one text, one digest. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

export function encodeConfig(image: ImageDescription): string {
  const { environment, entrypoint, workingDirectory, stopSignal } = image.program;
  return canonicalJson({
    created: CREATED,
    architecture: image.architecture,
    os: "linux",
    config: {
      User: `${runtimeUser}:${runtimeUser}`,
      Env: environment,
      Entrypoint: entrypoint,
      WorkingDir: workingDirectory,
      ...(stopSignal !== undefined && { StopSignal: stopSignal }),
      Labels: image.labels,
    },
    rootfs: { type: "layers", diff_ids: image.layers.map(({ diffId }) => diffId) },
    history: image.layers.map(({ title }) => ({ created: CREATED, created_by: title })),
  });
}

export function encodeManifest(
  config: StoredBlob,
  layers: readonly LayerDescription[],
  annotations: Readonly<Record<string, string>>,
): string {
  return canonicalJson({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({ mediaType: mediaTypes.layer, digest, size })),
    annotations,
  });
}

/** The bill of materials as an artefact whose subject is the image, as the referrers API lists it. */
export function encodeSbomManifest(sbom: StoredBlob, empty: StoredBlob, subject: Descriptor): string {
  return canonicalJson({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: mediaTypes.sbom,
    config: { mediaType: mediaTypes.empty, digest: empty.digest, size: empty.size },
    layers: [{ mediaType: mediaTypes.sbom, digest: sbom.digest, size: sbom.size }],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
  });
}

export function encodeIndex(manifests: readonly Descriptor[]): string {
  return canonicalJson({ schemaVersion: 2, mediaType: mediaTypes.index, manifests });
}
