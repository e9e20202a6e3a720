// The words and numbers of a stepwise command: elapsed times, lines without a terminal, shares of the whole.

export type StepTime = { readonly title: string; readonly seconds: number };

/** `0.4 s`, `12 s`, `4 min 05 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** `[3/8] Get the tools`. */
export function stepTitle(index: number, count: number, title: string): string {
  return `[${index + 1}/${count}] ${title}`;
}

/** One row a step with its share of the total, and the total last. */
export function renderShares(times: readonly StepTime[]): string {
  const total = times.reduce((sum, step) => sum + step.seconds, 0);
  const width = Math.max(5, ...times.map((step) => step.title.length));
  const rows = times.map(({ title, seconds }) => {
    const share = total === 0 ? 0 : Math.round((seconds / total) * 100);
    return `  ${title.padEnd(width)}  ${formatSeconds(seconds).padStart(12)}  ${String(share).padStart(3)} %`;
  });
  return [...rows, `  ${"total".padEnd(width)}  ${formatSeconds(total).padStart(12)}`].join("\n");
}
