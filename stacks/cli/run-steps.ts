// Runs numbered steps one after the other and shows them: live on a terminal, as plain lines elsewhere.
import { writeSync } from "node:fs";
import { constants } from "node:os";
import { Listr, PRESET_TIMER } from "listr2";
import type { Progress } from "../local/progress.ts";
import { formatSeconds, type StepTime, stepTitle } from "./step-lines.ts";

export type Step = {
  readonly title: string;
  /** Told to end by a signal, it stops in order by itself and rejects; other steps are cut off where they are. */
  readonly stopsInOrder?: boolean;
  run(progress: Progress): Promise<void>;
};

export type StepDisplay = {
  /** Live lines that replace each other need a terminal of the user's. */
  readonly live: boolean;
  /** Takes the plain lines. */
  write(line: string): void;
};

const PLAIN_EVERY_MS = 5_000;
const SHOW_CURSOR = "\u001B[?25h";

/** A live display on an interactive terminal; plain lines in CI, in pipes, without colours or width, beside JSON. */
export function chooseDisplay(json: boolean): StepDisplay {
  const { CI, NO_COLOR, TERM } = process.env;
  const { isTTY, columns } = process.stdout;
  const live = isTTY && columns > 0 && !json && !CI && !NO_COLOR && TERM !== "dumb";
  const stream = json ? process.stderr : process.stdout;
  return { live, write: (line) => void stream.write(`${line}\n`) };
}

/** Stops at the first step that rejects, with its error. */
export async function runSteps(steps: readonly Step[], display: StepDisplay): Promise<readonly StepTime[]> {
  const times: StepTime[] = [];
  const timed = steps.map((step, index) => ({
    ...step,
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
  let current: Step | undefined;
  const tasks = steps.map((step) => ({
    title: step.title,
    task: (_: unknown, task: { output: string }): Promise<void> => {
      current = step;
      return step.run({
        report: (line) => {
          task.output = line;
        },
      });
    },
  }));
  const timer = { ...PRESET_TIMER, field: (milliseconds: number) => formatSeconds(milliseconds / 1000) };
  // The command itself says what failed. Left to listr2, Ctrl-C would wait for the end of the running step.
  const rendererOptions = { timer, showErrorMessage: false };
  const list = new Listr(tasks, { renderer: "default", rendererOptions, registerSignalListeners: false });
  const release = endOnSignal(() => current?.stopsInOrder === true);
  try {
    await list.run();
  } finally {
    release();
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Ends the process with the cursor shown, at once or, while a step stops in order, at the second signal. */
function endOnSignal(isStopping: () => boolean): () => void {
  let isTold = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isStopping() && !isTold) {
      isTold = true;
      return;
    }
    // The display holds back what is written to the stream.
    writeSync(process.stdout.fd, `\n${SHOW_CURSOR}`);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
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
