// Holding: one probe a version however many wait, none when nobody does, and it starts again when a pod is lost.
import { describe, expect, it } from "vitest";
import { Hold, Place } from "../../../serving/pipeline/hold.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const variant = { id: "a", version: "1.0.0", weight: 1, host: "a.svc", port: 8080, maySleep: true };
const target = { endpoint: "chat", variant };

function holdBefore(canConnect: () => Promise<boolean>, ms = 5_000): { hold: Hold; probes: () => number } {
  let probes = 0;
  const upstreams = {
    canConnect: () => {
      probes += 1;
      return canConnect();
    },
  };
  const hold = new Hold({ limits: { requests: 100, bytes: 1_000, ms }, upstreams, log });
  return { hold, probes: () => probes };
}

const enter = (hold: Hold) => {
  const nowMs = performance.now();
  return hold.wait(target, { bytes: 1, arrivedMs: nowMs, sinceMs: nowMs });
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("a hold", () => {
  it("probes once for all that wait, and lets them go when a connection comes about", async () => {
    const { hold, probes } = holdBefore(async () => true);
    const waits = Array.from({ length: 20 }, () => enter(hold));
    const ends = await Promise.all(waits.map(({ end }) => end));
    expect(new Set(ends)).toEqual(new Set(["ready"]));
    expect(probes()).toBe(1);
  });

  it("probes no more when nobody waits", async () => {
    const { hold, probes } = holdBefore(async () => false);
    const wait = enter(hold);
    await pause(100);
    wait.abort();
    expect(await wait.end).toBe("aborted");
    expect(hold.waiting(target)).toBe(0);
    await pause(100);
    const before = probes();
    expect(before).toBeGreaterThan(0);
    await pause(300);
    expect(probes()).toBe(before);
  });

  it("probes again when one that was let go found no pod and does not come back", async () => {
    const { hold, probes } = holdBefore(async () => true);
    const waits = Array.from({ length: 33 }, () => enter(hold));
    await Promise.all(waits.slice(0, 32).map(({ end }) => end));
    expect(hold.waiting(target)).toBe(1);
    hold.finish(target, "not connected");
    expect(await waits[32]?.end).toBe("ready");
    expect(probes()).toBe(2);
  });
});

describe("a place", () => {
  const request = { endpoint: "chat", bytes: 1, arrivedMs: 0 };

  it("is held no longer than the limit in all, when the pod goes away in its turn", async () => {
    let isUp = false;
    const { hold } = holdBefore(async () => isUp, 1_000);
    const place = new Place(hold, request);
    const startMs = performance.now();
    setTimeout(() => {
      isUp = true;
    }, 500);
    expect(await place.wait(variant).end).toBe("ready");
    isUp = false;
    place.finish("not connected");
    expect(await place.wait(variant).end).toBe("late");
    expect(performance.now() - startMs).toBeGreaterThan(990);
    expect(performance.now() - startMs).toBeLessThan(1_400);
    expect(place.held).toMatchObject({ end: "late" });
    expect(place.held?.ms).toBeGreaterThan(980);
  });

  it("ends its turn once", async () => {
    const { hold } = holdBefore(async () => true);
    const place = new Place(hold, request);
    await place.wait(variant).end;
    const others = Array.from({ length: 40 }, () => enter(hold));
    await Promise.all(others.slice(0, 31).map(({ end }) => end));
    place.finish("answered");
    place.finish("answered");
    expect(hold.waiting(target)).toBe(7);
    for (const { abort } of others) abort();
  });
});
