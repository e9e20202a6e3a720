// Addresses of artefacts, split into their parts, and the parts of a package cut into several wheels.
import { describe, expect, it } from "vitest";
import { parseSource } from "../../../../serving/adapters/artefact/parse-source.ts";
import { partsOf } from "../../../../serving/adapters/artefact/pypi-source.ts";
import { modelSource } from "../../../../serving/contract/model-source.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("an artefact's address", () => {
  it.each([
    [
      "hf:org/repo@main/dir/file.gguf",
      { kind: "hf", repository: "org/repo", revision: "main", file: "dir/file.gguf" },
    ],
    ["https://h.example/a?b", { kind: "https", url: new URL("https://h.example/a?b") }],
    ["s3://bucket/a/b c".replace(" ", "+"), { kind: "s3", bucket: "bucket", key: "a/b+c" }],
    [
      `oci:registry.example:5000/team/model@${digest}`,
      { kind: "oci", registry: "registry.example:5000", repository: "team/model", digest },
    ],
    ["file:/models/a.gguf", { kind: "file", path: "/models/a.gguf" }],
    ["file:///models/a.gguf", { kind: "file", path: "/models/a.gguf" }],
    ["pypi:pkg@1.0/a.gguf", { kind: "pypi", name: "pkg", version: "1.0", file: "a.gguf" }],
  ])("%s is understood, and allowed by the settings", (address, want) => {
    expect(parseSource(address)).toEqual(want);
    expect(modelSource.safeParse(address).success).toBe(true);
  });

  it.each(["http://plain.example/a", "ftp://x/y", "pypi:pkg/a.gguf", "hf:org/repo/file", ""])(
    "%j is refused by both",
    (address) => {
      expect(parseSource(address)).toBe(undefined);
      expect(modelSource.safeParse(address).success).toBe(false);
    },
  );
});

describe("the parts of a package", () => {
  it("are read from its metadata by number, and no other requirement is", () => {
    const metadata = [
      "Name: big-model",
      "Requires-Dist: big-model-part10==1.0.0",
      "Requires-Dist: big_model_part2 (==1.0.0)",
      "Requires-Dist: other-part1==1.0.0",
      "Requires-Dist: requests==2.0",
      "Requires-Dist: big-model-part1==1.0.0",
    ].join("\n");
    expect(partsOf(metadata, "Big_Model")).toEqual([
      "big-model-part1==1.0.0",
      "big-model-part2==1.0.0",
      "big-model-part10==1.0.0",
    ]);
  });
});
