// The printed scripts in the shells they are for: what a press of TAB would offer.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SHELLS, type Shell } from "../../../stacks/cli/completion.ts";
import { writeLauncher } from "../../../stacks/local/engine/bin-folder.ts";
import { paths } from "../../../stacks/local/paths.ts";

const folder = mkdtempSync(join(tmpdir(), "rampa-completion-"));
const bin = join(folder, "bin");

beforeAll(() => {
  mkdirSync(bin);
  writeLauncher(join(bin, "rampa"), join(paths.checkout, "stacks/cli/rampa.ts"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const isThere = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

/** Runs a script with the words as its arguments; the lines it prints. */
function offer(shell: Shell, script: string, words: readonly string[]): readonly string[] {
  const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter), RAMPA_HOME: folder };
  const zeroth = shell === "fish" ? [] : [shell];
  const { status, stdout, stderr } = spawnSync(shell, ["-c", script, ...zeroth, ...words], {
    env,
    cwd: folder,
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout.split("\n").filter(Boolean);
}

/** What each shell would do at a TAB behind the last word. */
const PRESS_TAB: Readonly<Record<Shell, string>> = {
  bash: [
    "source <(rampa completion bash)",
    'COMP_WORDS=(rampa "$@"); COMP_CWORD=$#',
    "$(complete -p rampa | sed 's/.*-F \\([^ ]*\\) .*/\\1/') rampa",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell fills it.
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join("\n"),
  zsh: [
    "compdef() { completer=$1 }",
    'compadd() { shift; print -l -- "$@" }',
    "source <(rampa completion zsh)",
    'words=(rampa "$@"); CURRENT=$(( $# + 1 ))',
    "$completer",
  ].join("\n"),
  fish: "rampa completion fish | source; complete -C (string join ' ' -- rampa $argv)",
};

describe.each(SHELLS)("in %s", (shell) => {
  it.skipIf(!isThere(shell)).each<[readonly string[], readonly string[]]>([
    [["st"], ["status"]],
    [
      ["up", "--stack", ""],
      ["dev", "local", "prod", "staging"],
    ],
    [
      ["logs", ""],
      ["gateway", "chat-1-0-0", "chat-1-1-0", "embed-1-0-0"],
    ],
  ])("the words %j are completed with %j", (words, wanted) => {
    expect(offer(shell, PRESS_TAB[shell], words).toSorted()).toEqual([...wanted].toSorted());
  });
});
