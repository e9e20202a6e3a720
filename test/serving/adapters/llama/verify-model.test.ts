// Weights that are refused before they are loaded.
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifyModel } from "../../../../serving/adapters/llama/verify-model.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rampa-verify-"));
});
afterEach(() => rm(folder, { recursive: true }));

const WANT = "0".repeat(64);

/** A header of version 3 without tensors and without metadata: whole, though no model. */
const EMPTY_GGUF = Buffer.concat([Buffer.from("GGUF"), Buffer.from([3, 0, 0, 0]), Buffer.alloc(16)]);

describe("a weights file", () => {
  it("that is not there is named with the command that brings it", async () => {
    const path = join(folder, "none.gguf");
    await expect(verifyModel(path, WANT)).rejects.toMatchObject({
      code: "model.missing",
      message: expect.stringContaining(path),
    });
  });

  it("that begins with something else is refused by its first bytes", async () => {
    const path = join(folder, "page.gguf");
    await writeFile(path, "<html>");
    await expect(verifyModel(path, WANT)).rejects.toMatchObject({
      code: "model.format",
      message: expect.stringContaining('"<htm"'),
    });
  });

  it("whose header is cut is called truncated, with both digests", async () => {
    const path = join(folder, "cut.gguf");
    await writeFile(path, "GGUF\u0003");
    const got = createHash("sha256").update("GGUF\u0003").digest("hex");
    const refused = verifyModel(path, WANT);
    await expect(refused).rejects.toMatchObject({
      code: "model.truncated",
      message: expect.stringContaining(got),
    });
    await expect(refused).rejects.toThrow(WANT);
  });

  it("with the wanted digest is accepted", async () => {
    const path = join(folder, "ok.gguf");
    await writeFile(path, EMPTY_GGUF);
    await expect(verifyModel(path, createHash("sha256").update(EMPTY_GGUF).digest("hex"))).resolves.toBe(
      undefined,
    );
  });
});
