// The two ways a verb answers: text for a person, one JSON document for a program.

export type OutputOptions = { readonly json?: boolean };

/** Prints `value` as JSON where that was asked for, else the text. */
export function print(options: OutputOptions, value: unknown, text: string): void {
  process.stdout.write(`${options.json ? JSON.stringify(value, null, 2) : text}\n`);
}
