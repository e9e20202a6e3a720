// Calls back when a file's content changes; works for plain files and for the symlinks of mounted Secrets.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Kubernetes renews mounted files by swapping a symlink, which inotify on the file misses; reading is cheap. */
const DEFAULT_POLL_MS = 1_000;

export type FileWatch = { readonly stop: () => void };

export type FileWatchSettings = {
  readonly path: string;
  readonly pollMs?: number;
  /** Gets the whole text at the start and after each change. */
  readonly onText: (text: string) => void;
  /** Gets the reason why the file can't be read, once per reason. */
  readonly onUnreadable: (reason: string) => void;
};

/** Reads once before it returns, then polls. */
export async function watchFile(settings: FileWatchSettings): Promise<FileWatch> {
  let last = "";
  let stopped = false;
  const read = async (): Promise<void> => {
    const seen = await readState(settings.path);
    if (stopped || seen.mark === last) return;
    last = seen.mark;
    if (seen.text === undefined) settings.onUnreadable(seen.mark);
    else settings.onText(seen.text);
  };
  await read();
  let reading = false;
  const timer = setInterval(() => {
    if (reading) return;
    reading = true;
    void read().finally(() => {
      reading = false;
    });
  }, settings.pollMs ?? DEFAULT_POLL_MS);
  timer.unref();
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}

async function readState(path: string): Promise<{ text?: string; mark: string }> {
  try {
    const text = await readFile(path, "utf8");
    return { text, mark: createHash("sha256").update(text).digest("hex") };
  } catch (error) {
    if (error instanceof Error) return { mark: error.message };
    throw error;
  }
}
