// The fetch role against a server whose certificate no public authority has signed.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runFetch } from "../../../../serving/adapters/artefact/fetch-role.ts";
import { fetchRuntime } from "../../../../serving/contract/runtime-config.ts";
import { selfSigned } from "../../../kit/self-signed.ts";
import { sendBytes, serveArtefact } from "./artefact-server.ts";

const bytes = Buffer.from("the weights");

it("trusts the authority of its configuration", async () => {
  const tls = await selfSigned("127.0.0.1");
  const server = await serveArtefact(sendBytes(bytes), tls);
  const cacheDir = await mkdtemp(join(tmpdir(), "rampa-fetch-role-"));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const artefact = { source: `${server.origin}/weights.gguf`, sha256 };
  try {
    const config = fetchRuntime.parse({ role: "fetch", artefact, authority: tls.cert, cacheDir });
    expect(await runFetch(config)).toBe(0);
    expect(await readFile(join(cacheDir, "sha256", sha256))).toEqual(bytes);
  } finally {
    await server.close();
    await rm(cacheDir, { recursive: true });
  }
});
