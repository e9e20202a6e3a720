// Runs a command on a terminal of its own, as a person would see it, with keys typed when a text appears.
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { runProcess } from "./run-process.ts";

export type Key = {
  /** Text whose appearance triggers it. */
  readonly after: string;
  /** Characters to type, e.g. `CTRL_C`. */
  readonly send: string;
};

export type Shown = {
  readonly code: number;
  /** Everything that was sent to the terminal. */
  readonly raw: string;
  /** The same without control sequences: every frame of a live display, one after the other. */
  readonly text: string;
};

export const CTRL_C = "\u0003";
export const HIDE_CURSOR = "\u001B[?25l";
export const SHOW_CURSOR = "\u001B[?25h";

export async function runInTerminal(
  command: readonly string[],
  options: {
    readonly deadlineMs: number;
    readonly keys?: readonly Key[];
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
  },
): Promise<Shown> {
  const { deadlineMs, keys = [], cwd, env = {} } = options;
  // A person at a terminal: neither a CI system nor a wish for plain text.
  const { CI: _ci, NO_COLOR: _colour, ...rest } = process.env;
  const settings = JSON.stringify({ command, keys, deadlineMs });
  const { code, output } = await runProcess(
    "python3",
    [join(import.meta.dirname, "pseudo-terminal.py"), settings],
    { deadlineMs: deadlineMs + 5_000, env: { ...rest, TERM: "xterm-256color", ...env }, ...(cwd && { cwd }) },
  );
  return { code, raw: output, text: stripVTControlCharacters(output).replaceAll("\r", "") };
}
