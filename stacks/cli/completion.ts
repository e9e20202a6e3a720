// `rampa completion`: prints the script that lets a shell ask this very command for the words that fit.
import { type OutputOptions, print } from "./output.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof SHELLS)[number];

/** The hidden verb that the scripts call with the words of the line; the last of them is being typed. */
export const ANSWER_VERB = "__complete";

export async function runCompletion(shell: Shell, options: OutputOptions): Promise<number> {
  print(options, { shell, script: SCRIPTS[shell] }, SCRIPTS[shell]);
  return 0;
}

// All three call the command as it was typed, so that a line names the checkout that answers.
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for rampa; load it with: source <(rampa completion bash)
_rampa() {
  local IFS=$'\\n'
  COMPREPLY=($("$1" ${ANSWER_VERB} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -F _rampa rampa`,
  zsh: `#compdef rampa
# zsh completion for rampa; load it after compinit with: source <(rampa completion zsh)
_rampa() {
  local -a fitting
  fitting=(\${(f)"$("\${words[1]}" ${ANSWER_VERB} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -- "\${fitting[@]}"
}
compdef _rampa rampa`,
  fish: `# fish completion for rampa; load it with: rampa completion fish | source
function __rampa_fitting
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l command $words[1]
  set -e words[1]
  $command ${ANSWER_VERB} -- $words "$current" 2>/dev/null
end
complete -c rampa -f -a '(__rampa_fitting)'`,
};
