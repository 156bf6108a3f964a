/**
 * What a shell needs to ask us for completions: the line so far goes to `failoverd __complete`, and back come candidates, one a
 * line, each with a tab and its description after it; or `:file`, when the shell itself knows best.
 */

const bash = `# Completion of failoverd for bash: failoverd completion bash > /etc/bash_completion.d/failoverd
_failoverd() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :file ]]; then
      compopt -o filenames 2>/dev/null
      [[ $current == "=" ]] && current=""
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _failoverd failoverd
`;

const zsh = `#compdef failoverd
# Completion of failoverd for zsh: failoverd completion zsh > "\${fpath[1]}/_failoverd"
_failoverd() {
  local -a lines found
  local line
  lines=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    if [[ $line == :file ]]; then
      compset -P '*='
      _files
      return
    fi
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe failoverd found
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _failoverd "$@"
else
  compdef _failoverd failoverd
fi
`;

const fish = `# Completion of failoverd for fish: failoverd completion fish > ~/.config/fish/completions/failoverd.fish
function __failoverd_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = :file
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c failoverd -f -a '(__failoverd_complete)'
`;

export const completionScripts: Readonly<Record<"bash" | "zsh" | "fish", string>> = { bash, zsh, fish };
