// Slows down guessing of keys: ten wrong keys a minute from one address, then 429 until the minute is over.

const LIMIT = 10;
const WINDOW_MS = 60_000;
/** A flood from many addresses must not fill the memory; the oldest window is dropped first. */
const MOST_SOURCES = 10_000;

type Window = { readonly endsAtMs: number; count: number };

export type BadKeyLimit = {
  /** Seconds until the source may try again, or 0 when it may now. */
  readonly blockedSeconds: (source: string, nowMs: number) => number;
  readonly countBadKey: (source: string, nowMs: number) => void;
};

export function createBadKeyLimit(): BadKeyLimit {
  const windows = new Map<string, Window>();
  const current = (source: string, nowMs: number): Window | undefined => {
    const window = windows.get(source);
    if (!window || window.endsAtMs > nowMs) return window;
    windows.delete(source);
    return undefined;
  };
  return {
    blockedSeconds: (source, nowMs) => {
      if (windows.size === 0) return 0;
      const window = current(source, nowMs);
      if (!window || window.count < LIMIT) return 0;
      return Math.max(1, Math.ceil((window.endsAtMs - nowMs) / 1000));
    },
    countBadKey: (source, nowMs) => {
      const window = current(source, nowMs);
      if (window) {
        window.count += 1;
        return;
      }
      if (windows.size >= MOST_SOURCES) dropOldest(windows);
      windows.set(source, { endsAtMs: nowMs + WINDOW_MS, count: 1 });
    },
  };
}

function dropOldest(windows: Map<string, Window>): void {
  const [oldest] = windows.keys();
  if (oldest !== undefined) windows.delete(oldest);
}
