// Runs numbered steps one after the other and shows them: live on a terminal, as plain lines elsewhere.
import { Listr, PRESET_TIMER } from "listr2";
import type { Progress } from "../local/progress.ts";
import { formatSeconds, type StepTime, stepTitle } from "./step-lines.ts";

export type Step = { readonly title: string; run(progress: Progress): Promise<void> };

export type StepDisplay = {
  /** Live lines that replace each other need a terminal of the user's. */
  readonly live: boolean;
  /** Takes the plain lines. */
  write(line: string): void;
};

const PLAIN_EVERY_MS = 5_000;

/** A live display on an interactive terminal; plain lines in CI, in pipes, without colours and beside JSON. */
export function chooseDisplay(json: boolean): StepDisplay {
  const { CI, NO_COLOR, TERM } = process.env;
  const live = Boolean(process.stdout.isTTY) && !json && !CI && !NO_COLOR && TERM !== "dumb";
  const stream = json ? process.stderr : process.stdout;
  return { live, write: (line) => void stream.write(`${line}\n`) };
}

/** Stops at the first step that rejects, with its error. */
export async function runSteps(steps: readonly Step[], display: StepDisplay): Promise<readonly StepTime[]> {
  const times: StepTime[] = [];
  const timed = steps.map((step, index) => ({
    title: stepTitle(index, steps.length, step.title),
    run: async (progress: Progress): Promise<void> => {
      const started = performance.now();
      await step.run(progress);
      times.push({ title: step.title, seconds: (performance.now() - started) / 1000 });
    },
  }));
  if (display.live) await runLive(timed);
  else for (const step of timed) await runPlain(step, (line) => display.write(line));
  return times;
}

async function runLive(steps: readonly Step[]): Promise<void> {
  const tasks = steps.map((step) => ({
    title: step.title,
    task: (_: unknown, task: { output: string }): Promise<void> =>
      step.run({
        report: (line) => {
          task.output = line;
        },
      }),
  }));
  await new Listr(tasks, { renderer: "default", rendererOptions: { timer: PRESET_TIMER } }).run();
}

async function runPlain(step: Step, write: (line: string) => void): Promise<void> {
  const started = performance.now();
  const elapsed = (): string => formatSeconds((performance.now() - started) / 1000);
  let lastShown = Number.NEGATIVE_INFINITY;
  write(step.title);
  try {
    await step.run({
      report: (line) => {
        if (performance.now() - lastShown < PLAIN_EVERY_MS) return;
        lastShown = performance.now();
        write(`      ${elapsed().padStart(10)}  ${line}`);
      },
    });
  } catch (error) {
    write(`${step.title}: failed after ${elapsed()}`);
    throw error;
  }
  write(`${step.title}: done in ${elapsed()}`);
}
