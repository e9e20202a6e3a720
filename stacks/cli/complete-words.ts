// Which words fit at the end of a half-typed command line, read off the command tree itself. Pure.
import type { Argument, Command, Option } from "commander";

/** A value that the tree does not know: `stack`, `model`, `version` of an option, `name` of an argument of `logs`. */
export type Blank = {
  readonly kind: "option" | "argument";
  readonly name: string;
  /** The stack that the line names. */
  readonly stack: string | undefined;
};

export type Fitting = { readonly words: readonly string[] } | { readonly blank: Blank };

type Line = {
  readonly command: Command;
  /** Arguments that stand already. */
  readonly count: number;
  /** The option whose value comes next. */
  readonly open: Option | undefined;
  readonly stack: string | undefined;
};

/** `words` are those after the command's name; the last one is being typed and may be empty. */
export function findFitting(program: Command, words: readonly string[]): Fitting {
  // bash hands over `--stack=dev` as three words.
  const line = readLine(
    program,
    words.slice(0, -1).filter((word) => word !== "="),
  );
  const { command, open, count, stack } = line;
  if (open) return { blank: { kind: "option", name: open.attributeName(), stack } };
  const current = words.at(-1) ?? "";
  const [flag, value] = splitFlag(current);
  const option = value === undefined ? undefined : findOption(command, flag);
  if (option) return { blank: { kind: "option", name: option.attributeName(), stack } };
  if (current.startsWith("-")) return { words: namesOfOptions(command) };
  if (command.commands.length > 0) return { words: namesOfCommands(command) };
  return fitArgument(command.registeredArguments[count], stack);
}

function fitArgument(argument: Argument | undefined, stack: string | undefined): Fitting {
  if (argument === undefined) return { words: [] };
  if (argument.argChoices) return { words: argument.argChoices };
  return { blank: { kind: "argument", name: argument.name(), stack } };
}

function readLine(program: Command, words: readonly string[]): Line {
  let line: Line = { command: program, count: 0, open: undefined, stack: undefined };
  for (const word of words) line = readWord(line, word);
  return line;
}

function readWord(line: Line, word: string): Line {
  if (line.open) return readValue({ ...line, open: undefined }, line.open, word);
  if (word.startsWith("-")) {
    const [flag, value] = splitFlag(word);
    const option = findOption(line.command, flag);
    if (option === undefined || !(option.required || option.optional)) return line;
    return value === undefined ? { ...line, open: option } : readValue(line, option, value);
  }
  const command = line.command.commands.find((it) => it.name() === word);
  return command ? { ...line, command } : { ...line, count: line.count + 1 };
}

function readValue(line: Line, option: Option, value: string): Line {
  return option.attributeName() === "stack" ? { ...line, stack: value } : line;
}

function splitFlag(word: string): readonly [string, string | undefined] {
  const [, flag = word, value] = /^(--[^=]+)=(.*)$/.exec(word) ?? [];
  return [flag, value];
}

function findOption(command: Command, flag: string): Option | undefined {
  return command.options.find((option) => option.long === flag || option.short === flag);
}

function namesOfOptions(command: Command): readonly string[] {
  const own = command.options.flatMap(({ long, short }) => [long, short]);
  return [...own, "--help"].filter((name) => name !== undefined && name !== null);
}

function namesOfCommands(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((it) => it.name());
}

/** Those that begin with what is typed; after `--stack=` each with that in front, as shells replace the whole word. */
export function chooseWords(candidates: readonly string[], current: string): readonly string[] {
  const prefix = /^--[^=]+=/.exec(current)?.[0] ?? "";
  const typed = current === "=" ? "" : current;
  return candidates.map((word) => prefix + word).filter((word) => word.startsWith(typed));
}
