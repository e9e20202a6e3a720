// Assembles an image of one static program as an OCI layout tar, the same bytes for the same program.
import { createHash } from "node:crypto";

type ScratchImage = {
  readonly program: Buffer;
  /** Where the program lies in the image; also its entrypoint. */
  readonly path: string;
  readonly architecture: "amd64" | "arm64";
};

const BLOCK = 512;

/** The layout tar and the digest of its manifest. */
export function assembleScratchImage(image: ScratchImage): { readonly tar: Buffer; readonly digest: string } {
  const layer = tarOf([{ name: image.path.slice(1), data: image.program, mode: 0o555 }]);
  const config = jsonOf({
    architecture: image.architecture,
    os: "linux",
    config: { User: "65532:65532", Entrypoint: [image.path], WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
  });
  const manifest = jsonOf({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptorOf("application/vnd.oci.image.config.v1+json", config),
    // Not compressed: it never leaves the machine, and packing 50 MB takes a second.
    layers: [descriptorOf("application/vnd.oci.image.layer.v1.tar", layer)],
  });
  const index = jsonOf({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [descriptorOf("application/vnd.oci.image.manifest.v1+json", manifest)],
  });
  const blobs = [layer, config, manifest].map((data) => ({
    name: `blobs/sha256/${digestOf(data).slice("sha256:".length)}`,
    data,
    mode: 0o444,
  }));
  const tar = tarOf([
    { name: "oci-layout", data: jsonOf({ imageLayoutVersion: "1.0.0" }), mode: 0o444 },
    { name: "index.json", data: index, mode: 0o444 },
    ...blobs,
  ]);
  return { tar, digest: digestOf(manifest) };
}

type TarFile = { readonly name: string; readonly data: Buffer; readonly mode: number };

/** POSIX ustar with owner, group and time 0, so that nothing of the machine gets into the digest. */
function tarOf(files: readonly TarFile[]): Buffer {
  const entries = files.flatMap(({ name, data, mode }) => [
    tarHeader(name, data.length, mode),
    data,
    Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]);
}

function tarHeader(name: string, size: number, mode: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;
  header.write(name, 0, 100, "ascii");
  header.write(octal(mode, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12), 100, "ascii");
  header.write("        0", 148, "ascii");
  header.write("ustar\0", 257, "ascii");
  header.write("00", 263, "ascii");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return header;
}

function descriptorOf(mediaType: string, data: Buffer): object {
  return { mediaType, digest: digestOf(data), size: data.length };
}

function digestOf(data: Buffer): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

function jsonOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
