// Lends the context's sequences to requests: the longest cached prefix, or a neighbour of busy ones; a queue in order of arrival.
import { EngineFault } from "../../contract/generation.ts";
import { faults } from "../../contract/openai/fault.ts";

export type SequencePool<S> = {
  /** Waits for a sequence; rejects with an EngineFault when the queue is full, and with the abort reason on abort. */
  readonly acquire: (cachedPrefix: (sequence: S) => number, signal: AbortSignal) => Promise<S>;
  readonly release: (sequence: S) => void;
  readonly busy: () => number;
  readonly waiting: () => number;
};

/** Seconds after which a refused caller is told to come back. */
const RETRY_AFTER_SECONDS = 2;

/** What a place beside a busy sequence is worth in cached tokens: the engine runs only neighbours in one pass. */
const NEIGHBOUR_TOKENS = 64;

type Waiter<S> = { readonly cachedPrefix: (sequence: S) => number; readonly take: (sequence: S) => void };

export function createSequencePool<S>(sequences: readonly S[], queueLimit: number): SequencePool<S> {
  /** Least recently used first, so that of equal prefixes the oldest cache is overwritten. */
  const free: S[] = [...sequences];
  const queue: Waiter<S>[] = [];
  const takeBest = (cachedPrefix: (sequence: S) => number): S | undefined => {
    let best = { index: 0, worth: -1 };
    for (const [index, sequence] of free.entries()) {
      const worth = cachedPrefix(sequence) + (hasBusyNeighbour(sequence) ? NEIGHBOUR_TOKENS : 0);
      if (worth > best.worth) best = { index, worth };
    }
    return free.splice(best.index, 1)[0];
  };
  const hasBusyNeighbour = (sequence: S): boolean => {
    const at = sequences.indexOf(sequence);
    return [sequences[at - 1], sequences[at + 1]].some(
      (other) => other !== undefined && !free.includes(other),
    );
  };
  return {
    busy: () => sequences.length - free.length,
    waiting: () => queue.length,
    acquire(cachedPrefix, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const sequence = takeBest(cachedPrefix);
      if (sequence !== undefined) return Promise.resolve(sequence);
      if (queue.length >= queueLimit)
        return Promise.reject(new EngineFault(faults.queueFull(RETRY_AFTER_SECONDS)));
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          queue.splice(queue.indexOf(waiter), 1);
          reject(signal.reason);
        };
        const waiter: Waiter<S> = {
          cachedPrefix,
          take: (lent) => {
            signal.removeEventListener("abort", onAbort);
            resolve(lent);
          },
        };
        queue.push(waiter);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
    release(sequence) {
      free.push(sequence);
      const next = queue.shift();
      if (next === undefined) return;
      const lent = takeBest(next.cachedPrefix);
      if (lent !== undefined) next.take(lent);
    },
  };
}
