// When a part that exited may start again: at once the first time, then doubling, forgotten after a calm minute.

export type RestartState = { readonly failures: number };

export const calm: RestartState = { failures: 0 };

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
const CALM_AFTER_MS = 60_000;

/** Decides the wait before the next start from how long the part ran this time. */
export function nextRestart(
  state: RestartState,
  ranForMs: number,
): { readonly delayMs: number; readonly state: RestartState } {
  const failures = ranForMs >= CALM_AFTER_MS ? 0 : state.failures;
  const delayMs = failures === 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
  return { delayMs, state: { failures: failures + 1 } };
}
