// Keeps requests until a pod of their version takes connections: one probe a version, then each in its turn.
import {
  type HoldLimits,
  pauseBeforeProbe,
  type Ticket,
  type Turn,
  WaitingLines,
} from "../core/hold/waiting-lines.ts";
import type { Variant } from "../core/route/endpoint.ts";
import type { Log, Upstreams } from "../ports.ts";

/** A lost connection request is repeated by the kernel after a second: a new one is no later. */
const PROBE_MS = 1_000;

/** `full` and `late` are the gateway's to answer with 503. */
export type WaitEnd = "ready" | "full" | "late" | "aborted";

export type RunningWait = {
  /** Never rejects. */
  readonly end: Promise<WaitEnd>;
  /** Gives the place up; `end` then resolves to `aborted`. */
  readonly abort: () => void;
};

export type HoldParts = {
  readonly limits: HoldLimits;
  readonly upstreams: Pick<Upstreams, "canConnect">;
  readonly log: Log;
};

type Target = { readonly endpoint: string; readonly variant: Variant };
type Waiter = Ticket & { readonly letGo: () => void };

export class Hold {
  readonly limits: HoldLimits;
  readonly #parts: HoldParts;
  readonly #lines: WaitingLines<Waiter>;
  readonly #probed = new Set<string>();

  constructor(parts: HoldParts) {
    this.limits = parts.limits;
    this.#parts = parts;
    this.#lines = new WaitingLines(parts.limits);
  }

  /** Requests that wait now. */
  waiting(target: Target): number {
    return this.#lines.waiting(lineOf(target));
  }

  wait(target: Target, ticket: Omit<Ticket, "line">): RunningWait {
    const line = lineOf(target);
    const { promise, resolve } = Promise.withResolvers<WaitEnd>();
    const waiter = { ...ticket, line, letGo: () => stop("ready") };
    const admission = this.#lines.enter(waiter, performance.now());
    if (admission.kind === "refused") return { end: Promise.resolve(admission.reason), abort: () => {} };
    const stop = (end: WaitEnd): void => {
      clearTimeout(timer);
      this.#lines.leave(waiter);
      resolve(end);
    };
    const timer = setTimeout(stop, admission.forMs, "late");
    void this.#probe(target);
    return { end: promise, abort: () => stop("aborted") };
  }

  /** Tells what became of a request whose wait ended with `ready`; to be called once. */
  finish(target: Target, turn: Turn): void {
    for (const waiter of this.#lines.finish(lineOf(target), turn)) waiter.letGo();
    void this.#probe(target);
  }

  /** Runs while requests wait that nobody may let go. */
  async #probe(target: Target): Promise<void> {
    const line = lineOf(target);
    if (this.#probed.has(line) || !this.#lines.isClosed(line)) return;
    this.#probed.add(line);
    const { log, upstreams } = this.#parts;
    const { endpoint, variant } = target;
    const startMs = performance.now();
    log.info({ endpoint, version: variant.version }, "no pod of the version answers, requests are held");
    for (let probes = 0; this.#lines.isClosed(line); probes += 1) {
      await new Promise((resolve) => setTimeout(resolve, pauseBeforeProbe(probes)));
      if (!(await upstreams.canConnect(variant, PROBE_MS))) continue;
      const waitMs = Math.round(performance.now() - startMs);
      log.info({ endpoint, version: variant.version, waitMs }, "a pod answers, held requests go on");
      for (const waiter of this.#lines.open(line)) waiter.letGo();
    }
    this.#probed.delete(line);
  }
}

const lineOf = ({ endpoint, variant }: Target): string => `${endpoint}/${variant.id}`;

/** How one request was held. */
export type Held = {
  /** All waits together. */
  readonly ms: number;
  /** Of the last wait. */
  readonly end: WaitEnd;
};

type HeldRequest = {
  readonly endpoint: string;
  readonly bytes: number;
  /** `performance.now()` at arrival. */
  readonly arrivedMs: number;
};

/** One request's place in the lines. */
export class Place {
  readonly #hold: Hold;
  readonly #request: HeldRequest;
  #sinceMs: number | undefined;
  #turn: Target | undefined;
  #held: Held | undefined;

  constructor(hold: Hold, request: HeldRequest) {
    this.#hold = hold;
    this.#request = request;
  }

  get held(): Held | undefined {
    return this.#held;
  }

  /** Whether others wait already, and it is not this request's turn. */
  mustQueue(variant: Variant): boolean {
    if (!variant.maySleep || this.#turn) return false;
    return this.#hold.waiting({ endpoint: this.#request.endpoint, variant }) > 0;
  }

  wait(variant: Variant): RunningWait {
    const { endpoint, bytes, arrivedMs } = this.#request;
    const startMs = performance.now();
    this.#sinceMs ??= startMs;
    const target = { endpoint, variant };
    const { end, abort } = this.#hold.wait(target, { bytes, arrivedMs, sinceMs: this.#sinceMs });
    const noted = end.then((how) => {
      this.#held = { ms: (this.#held?.ms ?? 0) + performance.now() - startMs, end: how };
      if (how === "ready") this.#turn = target;
      return how;
    });
    return { end: noted, abort };
  }

  /** Ends its turn, if it has one, so that the next may go. */
  finish(turn: Turn): void {
    const target = this.#turn;
    this.#turn = undefined;
    if (target) this.#hold.finish(target, turn);
  }
}
