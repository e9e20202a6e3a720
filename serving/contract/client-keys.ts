// The client keys file: what the secrets component writes and the gateway reads. Keys appear only as hashes.
import { z } from "zod";
import { sha256Hex } from "./model-source.ts";

export const clientKeys = z.strictObject({
  keys: z.array(
    z.strictObject({
      id: z.string().min(1).describe("Stable name of the key for logs, e.g. `local-2`."),
      sha256: sha256Hex.describe("SHA-256 of the whole key, in hexadecimal."),
      endpoints: z
        .array(z.string())
        .optional()
        .describe("Endpoints the key may call; all of them when left out."),
      expiresAt: z.iso.datetime().optional().describe("End of validity; without it the key does not expire."),
    }),
  ),
});

export type ClientKeys = z.output<typeof clientKeys>;
