// Lines of held requests: bounds, order of arrival, and how many are let go at once.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pauseBeforeProbe, type Ticket, WaitingLines } from "../../../../serving/core/hold/waiting-lines.ts";

const limits = { requests: 100, bytes: 1_000, ms: 60_000 };

const ticket = (arrivedMs: number, rest: Partial<Ticket> = {}): Ticket => ({
  line: "chat/a",
  bytes: 1,
  arrivedMs,
  sinceMs: 0,
  ...rest,
});

function linesWith(count: number): WaitingLines<Ticket> {
  const lines = new WaitingLines<Ticket>(limits);
  for (let at = 0; at < count; at += 1) lines.enter(ticket(at), 0);
  return lines;
}

const arrivals = (tickets: readonly Ticket[]): number[] => tickets.map(({ arrivedMs }) => arrivedMs);

describe("who may wait", () => {
  it("is refused beyond the number, all lines together, until one is gone", () => {
    const lines = new WaitingLines<Ticket>({ ...limits, requests: 2 });
    const first = ticket(1);
    expect(lines.enter(first, 0)).toEqual({ kind: "waits", forMs: 60_000 });
    lines.enter(ticket(2, { line: "chat/b" }), 0);
    expect(lines.enter(ticket(3), 0)).toEqual({ kind: "refused", reason: "full" });
    lines.leave(first);
    lines.leave(first);
    expect(lines.enter(ticket(3), 0).kind).toBe("waits");
    expect(lines.enter(ticket(4), 0).kind).toBe("refused");
  });

  it("is refused beyond the bytes, and a smaller one is not", () => {
    const lines = new WaitingLines<Ticket>(limits);
    lines.enter(ticket(1, { bytes: 900 }), 0);
    expect(lines.enter(ticket(2, { bytes: 101 }), 0)).toEqual({ kind: "refused", reason: "full" });
    expect(lines.enter(ticket(2, { bytes: 100 }), 0).kind).toBe("waits");
  });

  it("waits no longer than the limit in all, however often it has to", () => {
    const lines = new WaitingLines<Ticket>(limits);
    expect(lines.enter(ticket(1, { sinceMs: 5_000 }), 45_000)).toEqual({ kind: "waits", forMs: 20_000 });
    expect(lines.enter(ticket(1, { sinceMs: 5_000 }), 65_000)).toEqual({ kind: "refused", reason: "late" });
  });

  it("finds room again when others were let go", () => {
    const lines = new WaitingLines<Ticket>({ ...limits, requests: 1 });
    lines.enter(ticket(1), 0);
    lines.open("chat/a");
    expect(lines.enter(ticket(2), 0).kind).toBe("waits");
  });
});

describe("who goes", () => {
  it("is nobody before a connection came about", () => {
    const lines = linesWith(3);
    expect(lines.waiting("chat/a")).toBe(3);
    expect(lines.isClosed("chat/a")).toBe(true);
    expect(lines.open("chat/b")).toEqual([]);
  });

  it("is the earliest by arrival at the gateway, whoever began to wait first", () => {
    const lines = new WaitingLines<Ticket>(limits);
    for (const at of [5, 1, 9, 3]) lines.enter(ticket(at), 0);
    expect(arrivals(lines.open("chat/a"))).toEqual([1, 3, 5, 9]);
    expect(lines.isClosed("chat/a")).toBe(false);
  });

  it("are 32 at first, then two for each one that is answered", () => {
    const lines = linesWith(40);
    expect(arrivals(lines.open("chat/a"))).toEqual(Array.from({ length: 32 }, (_, at) => at));
    expect(arrivals(lines.finish("chat/a", "answered"))).toEqual([32, 33]);
    expect(arrivals(lines.finish("chat/a", "answered"))).toEqual([34, 35]);
    expect(lines.waiting("chat/a")).toBe(4);
  });

  it("is nobody once one could not connect; it comes first when it waits again", () => {
    const lines = linesWith(40);
    lines.open("chat/a");
    expect(lines.finish("chat/a", "not connected")).toEqual([]);
    expect(lines.isClosed("chat/a")).toBe(true);
    lines.enter(ticket(0), 100);
    expect(lines.finish("chat/a", "answered")).toEqual([]);
    // 30 are still running, so two more make 32, and one because one was answered.
    expect(arrivals(lines.open("chat/a"))).toEqual([0, 32, 33]);
  });

  it("is nobody for a line in which all had gone and one comes back", () => {
    const lines = linesWith(2);
    lines.open("chat/a");
    lines.enter(ticket(7), 0);
    expect(lines.isClosed("chat/a")).toBe(true);
    expect(lines.finish("chat/a", "answered")).toEqual([]);
  });
});

describe("probes", () => {
  it("come soon at first, then twice a second", () => {
    expect([0, 1, 2, 3, 4, 99].map(pauseBeforeProbe)).toEqual([50, 100, 200, 400, 500, 500]);
  });
});

type Step =
  | { readonly do: "enter"; readonly line: string; readonly arrivedMs: number; readonly bytes: number }
  | { readonly do: "leave"; readonly pick: number }
  | { readonly do: "open"; readonly line: string }
  | { readonly do: "finish"; readonly pick: number; readonly isAnswered: boolean };

const line = fc.constantFrom("chat/a", "chat/b");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("enter"), line, arrivedMs: fc.nat(50), bytes: fc.nat(30) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave"), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("open"), line }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("finish"), pick: fc.nat(), isAnswered: fc.boolean() }),
  },
);

/** The lines, and beside them a plain account of who waits and who was let go. */
class Account {
  readonly lines = new WaitingLines<Ticket>({ requests: 60, bytes: 600, ms: 1 });
  waiting: Ticket[] = [];
  running: Ticket[] = [];

  take(given: Step): void {
    switch (given.do) {
      case "enter":
        this.#enter(ticket(given.arrivedMs, { line: given.line, bytes: given.bytes }));
        break;
      case "leave":
        this.#leave(this.waiting[given.pick % this.waiting.length]);
        break;
      case "open":
        this.#letGo(this.lines.open(given.line), given.line);
        break;
      case "finish":
        this.#finish(this.running[given.pick % this.running.length], given.isAnswered);
        break;
    }
  }

  #enter(entering: Ticket): void {
    if (this.lines.enter(entering, 0).kind === "waits") this.waiting.push(entering);
  }

  #leave(leaving: Ticket | undefined): void {
    if (!leaving) return;
    this.lines.leave(leaving);
    this.waiting = this.waiting.filter((it) => it !== leaving);
  }

  #finish(done: Ticket | undefined, isAnswered: boolean): void {
    if (!done) return;
    this.running = this.running.filter((it) => it !== done);
    this.#letGo(this.lines.finish(done.line, isAnswered ? "answered" : "not connected"), done.line);
  }

  #letGo(gone: readonly Ticket[], name: string): void {
    const inLine = this.waiting.filter((it) => it.line === name);
    const earliest = inLine.map((it) => it.arrivedMs).toSorted((a, b) => a - b);
    expect(arrivals(gone)).toEqual(earliest.slice(0, gone.length));
    expect(gone.every((it) => inLine.includes(it))).toBe(true);
    this.waiting = this.waiting.filter((it) => !gone.includes(it));
    this.running.push(...gone);
  }
}

describe("whatever happens", () => {
  it("the bounds hold, the earliest goes first, nobody is lost, and nobody waits for nothing", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const account = new Account();
        for (const each of steps) {
          account.take(each);
          expect(account.waiting.length).toBeLessThanOrEqual(60);
          expect(account.waiting.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(600);
          for (const name of ["chat/a", "chat/b"]) {
            const count = account.waiting.filter((it) => it.line === name).length;
            expect(account.lines.waiting(name)).toBe(count);
            const isMoving = account.running.some((it) => it.line === name);
            if (count > 0 && !isMoving) expect(account.lines.isClosed(name)).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
