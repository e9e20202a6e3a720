// The platform's keys at providers, each from a file that is reread when it changes; the last good one is kept.
import type { ProviderRuntime } from "../../contract/provider.ts";
import type { Log } from "../../ports.ts";
import { watchFile } from "../files/watch-file.ts";

export type ProviderKeys = {
  readonly find: (provider: string) => string | undefined;
  readonly stop: () => void;
};

type Settings = {
  readonly providers: Readonly<Record<string, Pick<ProviderRuntime, "key">>>;
  readonly log: Log;
  readonly pollMs?: number;
};

/** What may stand in a header; a key holds no blanks. */
const KEY = /^[\x21-\x7e]{1,4096}$/;

export async function openProviderKeys({ providers, log, pollMs }: Settings): Promise<ProviderKeys> {
  const keys = new Map<string, string>();
  const watches = Object.entries(providers).flatMap(([provider, { key }]) => {
    if (key === undefined) return [];
    const refuse = (reason: string): void =>
      log.warn({ provider, file: key.file, reason }, "provider key refused, the last good one stays");
    return watchFile({
      path: key.file,
      ...(pollMs === undefined ? {} : { pollMs }),
      onUnreadable: refuse,
      onText: (text) => {
        const secret = text.trim();
        if (!KEY.test(secret)) return refuse("empty, or not a key in one line");
        keys.set(provider, secret);
        log.info({ provider, file: key.file }, "provider key loaded");
      },
    });
  });
  const running = await Promise.all(watches);
  return {
    find: (provider) => keys.get(provider),
    stop: () => {
      for (const watch of running) watch.stop();
    },
  };
}
