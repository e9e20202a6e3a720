// The OCI documents against the rules of image-spec 1.1.
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  encodeConfig,
  encodeIndex,
  encodeManifest,
  encodeSbomManifest,
  mediaTypes,
} from "../../../../stacks/local/images/oci-documents.ts";

const one = `sha256:${"1".repeat(64)}` as const;
const two = `sha256:${"2".repeat(64)}` as const;
const layer = { digest: one, diffId: two, size: 7, title: "base" };

describe("canonicalJson", () => {
  it("does not depend on the order in which keys were written", () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  });
});

describe("encodeConfig", () => {
  const program = { environment: ["PATH=/usr/bin"], entrypoint: ["postgres"], workingDirectory: "/" };
  const image = { architecture: "amd64", layers: [layer], labels: { a: "b" }, program } as const;
  const config = JSON.parse(encodeConfig(image));

  it("runs its program as an unprivileged user by number", () => {
    expect(config.config).toEqual({
      User: "65532:65532",
      Env: ["PATH=/usr/bin"],
      Entrypoint: ["postgres"],
      WorkingDir: "/",
      Labels: { a: "b" },
    });
  });

  it("says how the program is asked to stop where that is not SIGTERM", () => {
    const stopped = encodeConfig({ ...image, program: { ...program, stopSignal: "SIGINT" } });
    expect(JSON.parse(stopped).config.StopSignal).toBe("SIGINT");
  });

  it("lists uncompressed digests and one history entry a layer, with a fixed time", () => {
    expect(config.rootfs).toEqual({ type: "layers", diff_ids: [two] });
    expect(config.history).toEqual([{ created: "1970-01-01T00:00:00Z", created_by: "base" }]);
    expect(config).toMatchObject({ architecture: "amd64", os: "linux", created: "1970-01-01T00:00:00Z" });
  });
});

describe("manifests", () => {
  it("name layers by their compressed digest and size", () => {
    const manifest = JSON.parse(encodeManifest({ digest: two, size: 3 }, [layer], { k: "v" }));
    expect(manifest).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest: two, size: 3 },
      layers: [{ mediaType: mediaTypes.layer, digest: one, size: 7 }],
      annotations: { k: "v" },
    });
  });

  it("tie the bill of materials to the image without naming a platform in the subject", () => {
    const platform = { architecture: "amd64", os: "linux" } as const;
    const image = { mediaType: mediaTypes.manifest, digest: one, size: 9, platform };
    const manifest = JSON.parse(
      encodeSbomManifest({ digest: two, size: 3 }, { digest: one, size: 2 }, image),
    );
    expect(manifest.artifactType).toBe("application/vnd.cyclonedx+json");
    expect(manifest.config.mediaType).toBe("application/vnd.oci.empty.v1+json");
    expect(manifest.subject).toEqual({ mediaType: mediaTypes.manifest, digest: one, size: 9 });
    expect(manifest.layers).toEqual([{ mediaType: mediaTypes.sbom, digest: two, size: 3 }]);
  });

  it("are listed by an index with its own media type", () => {
    const listed = { mediaType: mediaTypes.manifest, digest: one, size: 9 };
    expect(JSON.parse(encodeIndex([listed]))).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [listed],
    });
  });
});
