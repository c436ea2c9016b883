import type { Command } from 'commander';
import { parseChoice } from '../options.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

interface CompletionWords {
	commands: string[];
	options: Record<string, string[]>;
}

function collectWords(program: Command): CompletionWords {
	const listFlags = (command: Command) => command.options.flatMap(({ long }) => (long ? [long] : []));
	const global = listFlags(program).filter((word) => word !== '--version');
	const options = program.commands.map((command): [string, string[]] => {
		return [command.name(), [...listFlags(command), ...global, '--help']];
	});
	return { commands: options.map(([name]) => name), options: Object.fromEntries(options) };
}

function bashScript({ commands, options }: CompletionWords): string {
	const cases = Object.entries(options).map(([name, words]) => `    ${name}) words="${words.join(' ')}" ;;`);
	return `_switchyard() {
  local words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="${commands.join(' ')}" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${commands.join(' ')} --help --version"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _switchyard switchyard`;
}

function fishScript({ commands, options }: CompletionWords): string {
	const lines = Object.entries(options).flatMap(([name, words]) =>
		words.map((word) => `complete -c switchyard -n "__fish_seen_subcommand_from ${name}" -l ${word.slice(2)}`),
	);
	return [`complete -c switchyard -n __fish_use_subcommand -f -a "${commands.join(' ')}"`, ...lines].join('\n');
}

/** `switchyard completion <shell>` */
export function completionCommand(program: Command): void {
	program
		.command('completion')
		.description('print a completion script for your shell')
		.argument('<shell>', `one of ${SHELLS.join(', ')}`, parseChoice(SHELLS))
		.addHelpText('after', '\nExample:\n  source <(switchyard completion bash)')
		.action((shell: (typeof SHELLS)[number]) => {
			const words = collectWords(program);
			const zsh = `autoload -U +X bashcompinit && bashcompinit\n${bashScript(words)}`;
			const script = shell === 'fish' ? fishScript(words) : shell === 'zsh' ? zsh : bashScript(words);
			process.stdout.write(`${script}\n`);
		});
}
