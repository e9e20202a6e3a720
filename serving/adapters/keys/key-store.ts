// The client keys in force: looked up by hash, reread when the file changes, the last good set kept.
import { createHash, timingSafeEqual } from "node:crypto";
import { type ClientKeys, clientKeys } from "../../contract/client-keys.ts";
import type { ClientKey } from "../../core/auth/authorize-key.ts";
import type { KeyStore, Log, ReadinessCheck } from "../../ports.ts";
import { type FileWatch, watchFile } from "../files/watch-file.ts";

type Entry = { readonly key: ClientKey; readonly digest: Buffer };

export type WatchedKeyStore = KeyStore & {
  readonly readiness: ReadinessCheck;
  readonly stop: () => void;
};

export type KeyStoreSettings = { readonly path: string; readonly log: Log; readonly pollMs?: number };

export async function openKeyStore({ path, log, pollMs }: KeyStoreSettings): Promise<WatchedKeyStore> {
  let entries: ReadonlyMap<string, Entry> | undefined;
  const refuse = (reason: string): void =>
    log.warn({ file: path, reason }, "client keys refused, the last good set stays");
  const watch: FileWatch = await watchFile({
    path,
    ...(pollMs === undefined ? {} : { pollMs }),
    onUnreadable: refuse,
    onText: (text) => {
      const decoded = decodeKeys(text);
      if (typeof decoded === "string") return refuse(decoded);
      entries = decoded;
      log.info({ file: path, keys: decoded.size }, "client keys loaded");
    },
  });
  return {
    find: (secret) => findKey(entries, secret),
    readiness: {
      name: "keys",
      check: () => ({
        ok: entries !== undefined,
        detail: entries ? `${entries.size} keys` : "no keys loaded",
      }),
    },
    stop: watch.stop,
  };
}

function findKey(entries: ReadonlyMap<string, Entry> | undefined, secret: string): ClientKey | undefined {
  const digest = createHash("sha256").update(secret).digest();
  const entry = entries?.get(digest.toString("hex"));
  // The map finds by a hash, which already hides the key; the comparison below leaves nothing to its string compare.
  return entry && timingSafeEqual(entry.digest, digest) ? entry.key : undefined;
}

/** The keys by hash, or the reason for refusing the file; the reason repeats nothing of the content. */
function decodeKeys(text: string): ReadonlyMap<string, Entry> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return "not valid JSON";
    throw error;
  }
  const result = clientKeys.safeParse(value);
  if (!result.success) {
    return result.error.issues
      .map((issue) => `${issue.path.join(".") || "document"}: ${issue.message}`)
      .join("; ");
  }
  const { keys } = result.data;
  return new Map(keys.map((key) => [key.sha256, toEntry(key)]));
}

function toEntry({ id, sha256, endpoints, expiresAt }: ClientKeys["keys"][number]): Entry {
  const expiresAtMs = expiresAt === undefined ? undefined : Date.parse(expiresAt);
  return { key: { id, endpoints, expiresAtMs }, digest: Buffer.from(sha256, "hex") };
}
