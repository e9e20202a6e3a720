// Keeps answers in step, so that each pass of the engine holds the next token of all of them.

export type Lockstep = {
  /** Runs `evaluate` together with those of all other answers that are ready; `order` is the sequence's number. */
  readonly step: <T>(order: number, evaluate: () => Promise<T>) => Promise<T>;
  /** Passes since the start. */
  readonly passes: () => number;
};

type Waiting = { readonly order: number; readonly start: () => void };

/**
 * A pass begins when none is at work, with all that wait, by rising number. Without it the library would queue tokens as
 * they come, and the engine cuts a pass in two wherever a sequence's number is not one more than the one before.
 */
export function createLockstep(): Lockstep {
  let waiting: Waiting[] = [];
  let running = 0;
  let passes = 0;
  const startPass = (): void => {
    if (running > 0 || waiting.length === 0) return;
    passes += 1;
    const pass = waiting.sort((a, b) => a.order - b.order);
    waiting = [];
    running = pass.length;
    for (const { start } of pass) start();
  };
  return {
    passes: () => passes,
    async step(order, evaluate) {
      await new Promise<void>((start) => {
        waiting.push({ order, start });
        // After the callbacks of this turn, so that all whose token just came can ask for their next one.
        setImmediate(startPass);
      });
      try {
        return await evaluate();
      } finally {
        running -= 1;
        setImmediate(startPass);
      }
    },
  };
}
