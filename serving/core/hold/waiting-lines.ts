// Requests that wait for a pod of their version: who may wait, who goes next, and how many go at once.

export type HoldLimits = {
  /** Requests that wait at the same time, all lines together. */
  readonly requests: number;
  /** Their bodies together. */
  readonly bytes: number;
  /** How long one request may wait. */
  readonly ms: number;
};

export type Ticket = {
  /** Names what is waited for: one backend of one endpoint. */
  readonly line: string;
  readonly bytes: number;
  /** When the request came; the earliest goes first. */
  readonly arrivedMs: number;
  /** When it began to wait; stays when it has to wait again. */
  readonly sinceMs: number;
};

export type Admission =
  | { readonly kind: "waits"; readonly forMs: number }
  | { readonly kind: "refused"; readonly reason: "full" | "late" };

/** What became of a request that was let go. */
export type Turn = "answered" | "not connected";

/** A pod that has just come up gets no flood: this many requests, and two more for each one that it answers. */
const FIRST_AT_ONCE = 32;

/** Time before probe number `probes`, counted from 0. */
export const pauseBeforeProbe = (probes: number): number => Math.min(50 * 2 ** probes, 500);

type Line<T> = {
  /** By arrival. */
  readonly waiting: T[];
  /** Whether a connection came about since the last failure. */
  isOpen: boolean;
  /** Let go and not answered yet. */
  running: number;
  atOnce: number;
};

/** Holds no clock: times come in, and what comes out may go. */
export class WaitingLines<T extends Ticket> {
  readonly #limits: HoldLimits;
  readonly #lines = new Map<string, Line<T>>();
  #requests = 0;
  #bytes = 0;

  constructor(limits: HoldLimits) {
    this.#limits = limits;
  }

  waiting(line: string): number {
    return this.#lines.get(line)?.waiting.length ?? 0;
  }

  /** Whether requests wait and nobody has reached a pod yet. */
  isClosed(line: string): boolean {
    return this.waiting(line) > 0 && this.#lines.get(line)?.isOpen === false;
  }

  enter(ticket: T, nowMs: number): Admission {
    const { requests, bytes, ms } = this.#limits;
    const forMs = ticket.sinceMs + ms - nowMs;
    if (forMs <= 0) return { kind: "refused", reason: "late" };
    if (this.#requests >= requests || this.#bytes + ticket.bytes > bytes) {
      return { kind: "refused", reason: "full" };
    }
    const line = this.#lineOf(ticket.line);
    // While somebody waits nobody tries; so whoever comes first has just failed to connect.
    if (line.waiting.length === 0) line.isOpen = false;
    const before = line.waiting.findLastIndex(({ arrivedMs }) => arrivedMs <= ticket.arrivedMs);
    line.waiting.splice(before + 1, 0, ticket);
    this.#count(ticket, 1);
    return { kind: "waits", forMs };
  }

  /** For a caller that is gone, or whose time is over. */
  leave(ticket: T): void {
    const line = this.#lines.get(ticket.line);
    const at = line?.waiting.indexOf(ticket) ?? -1;
    if (!line || at === -1) return;
    line.waiting.splice(at, 1);
    this.#count(ticket, -1);
    this.#drop(ticket.line, line);
  }

  /** A connection came about: returns who may go. */
  open(name: string): readonly T[] {
    const line = this.#lines.get(name);
    if (!line) return [];
    line.isOpen = true;
    return this.#letGo(line);
  }

  /** A request that was let go is being answered or over, or found no pod after all; returns who may go now. */
  finish(name: string, outcome: Turn): readonly T[] {
    const line = this.#lines.get(name);
    if (!line) return [];
    line.running -= 1;
    if (outcome === "answered") line.atOnce += 1;
    else {
      line.isOpen = false;
      line.atOnce = FIRST_AT_ONCE;
    }
    const next = this.#letGo(line);
    this.#drop(name, line);
    return next;
  }

  #letGo(line: Line<T>): T[] {
    if (!line.isOpen) return [];
    const next = line.waiting.splice(0, Math.max(0, line.atOnce - line.running));
    line.running += next.length;
    for (const ticket of next) this.#count(ticket, -1);
    return next;
  }

  #lineOf(name: string): Line<T> {
    const known = this.#lines.get(name);
    if (known) return known;
    const line = { waiting: [], isOpen: false, running: 0, atOnce: FIRST_AT_ONCE };
    this.#lines.set(name, line);
    return line;
  }

  #count(ticket: T, by: 1 | -1): void {
    this.#requests += by;
    this.#bytes += by * ticket.bytes;
  }

  #drop(name: string, line: Line<T>): void {
    if (line.waiting.length === 0 && line.running === 0) this.#lines.delete(name);
  }
}
