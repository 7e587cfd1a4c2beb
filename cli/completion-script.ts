/**
 * Completion scripts for bash, zsh and fish, generated from the command tree. They are static: a TAB starts no process and evaluates
 * nothing that was typed.
 */
import type { Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Word {
  value: string;
  description: string;
}

interface Place {
  /** `` for the program itself, `/keys/export` for a command of a command. */
  path: string;
  commands: Word[];
  options: Word[];
  /** What may follow an option with a closed set of values. */
  choices: { flags: string[]; values: readonly string[] }[];
}

export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, '');
  const name = program.name();
  if (shell === 'bash') return bashScript(name, places);
  return shell === 'zsh' ? zshScript(name, places) : fishScript(name, places);
}

function placesOf(command: Command, path: string): Place[] {
  const help = command.createHelp();
  const children = help.visibleCommands(command);
  const options = help.visibleOptions(command);
  const values = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
  const place: Place = {
    path,
    commands: [
      ...children.map((child) => ({ value: child.name(), description: child.description() })),
      ...values.map((value) => ({ value, description: '' })),
    ],
    options: options.flatMap((option) => flagsOf(option).map((value) => ({ value, description: option.description }))),
    choices: options.flatMap((option) => (option.argChoices === undefined ? [] : [{ flags: flagsOf(option), values: option.argChoices }])),
  };
  const deeper = children.filter((child) => child.name() !== 'help').flatMap((child) => placesOf(child, `${path}/${child.name()}`));
  return [place, ...deeper];
}

function flagsOf(option: Option): string[] {
  return [option.short, option.long].filter((flag) => flag !== undefined);
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const pathPattern = (places: readonly Place[]): string =>
  places
    .filter((place) => place.path !== '')
    .map((place) => place.path)
    .join('|');

function bashScript(name: string, places: readonly Place[]): string {
  const cases = places.map((place) => {
    const commands = place.commands.map((word) => word.value).join(' ');
    const options = place.options.map((word) => word.value).join(' ');
    return `    ${quote(place.path)}) commands=${quote(commands)}; options=${quote(options)} ;;`;
  });
  const choices = places.flatMap((place) =>
    place.choices.map(
      ({ flags, values }) => `    ${flags.map((flag) => quote(`${place.path} ${flag}`)).join('|')}) commands=${quote(values.join(' '))} ;;`,
    ),
  );
  return `# bash completion for ${name}
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" place='' commands='' options='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place/\${COMP_WORDS[i]}" in
      ${pathPattern(places)}) place="$place/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  case "$place $previous" in
${choices.join('\n')}
  esac
  if [[ "$current" == -* ]]; then commands="$options"; fi
  COMPREPLY=($(compgen -W "$commands" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}

function zshScript(name: string, places: readonly Place[]): string {
  const words = (list: readonly Word[]): string =>
    list.map((word) => quote(`${word.value.replaceAll(':', '\\:')}:${word.description}`)).join(' ');
  const cases = places.map(
    (place) => `    ${quote(place.path)}) commands=(${words(place.commands)}); options=(${words(place.options)}) ;;`,
  );
  const choices = places.flatMap((place) =>
    place.choices.map(
      ({ flags, values }) => `    ${flags.map((flag) => quote(`${place.path} ${flag}`)).join('|')}) commands=(${values.join(' ')}) ;;`,
    ),
  );
  return `#compdef ${name}
_${name}() {
  local place='' i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    case "$place/$words[i]" in
      ${pathPattern(places)}) place="$place/$words[i]" ;;
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  case "$place $words[CURRENT-1]" in
${choices.join('\n')}
  esac
  if [[ "$words[CURRENT]" == -* ]]; then
    _describe option options
  elif (( $#commands )); then
    _describe command commands
  else
    _files
  fi
}
if [[ "$funcstack[1]" == "_${name}" ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function fishScript(name: string, places: readonly Place[]): string {
  const known = places.filter((place) => place.path !== '').map((place) => quote(place.path));
  const lines = places.flatMap((place) => {
    const here = `-n ${quote(`test "$(__${name}_place)" = "${place.path}"`)}`;
    const noFiles = place.commands.length > 0 ? ' -f' : '';
    const commands = place.commands.map(
      (word) => `complete -c ${name} ${here}${noFiles} -a ${quote(word.value)} -d ${quote(word.description)}`,
    );
    const options = place.options.map((word) => {
      const flag = word.value.startsWith('--') ? `-l ${word.value.slice(2)}` : `-s ${word.value.slice(1)}`;
      const choice = place.choices.find(({ flags }) => flags.includes(word.value));
      return `complete -c ${name} ${here} ${flag}${choice ? ` -x -a ${quote(choice.values.join(' '))}` : ''} -d ${quote(word.description)}`;
    });
    return [...commands, ...options];
  });
  return `# fish completion for ${name}
function __${name}_place
  set -l place ''
  for word in (commandline -opc)[2..-1]
    if contains -- "$place/$word" ${known.join(' ')}
      set place "$place/$word"
    end
  end
  echo -n $place
end
${lines.join('\n')}
`;
}
