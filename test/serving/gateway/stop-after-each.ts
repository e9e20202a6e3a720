// What a test of the gateway started is stopped after it, the last first.
import { afterEach } from "vitest";

/** To be called once a file; returns the function to which a test gives what stops its parts. */
export function stopAfterEach(): (...stops: (() => Promise<void>)[]) => void {
  const all: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of all.splice(0).reverse()) await stop();
  });
  return (...stops) => void all.push(...stops);
}
