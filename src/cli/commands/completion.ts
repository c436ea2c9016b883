import type { Command } from 'commander';
import { parseChoice } from '../options.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What may follow a command: `keys`, `keys create`, … */
interface CompletionWords {
	commands: string[];
	following: ReadonlyArray<{ verb: string; subcommand: string | null; words: string[] }>;
}

function collectWords(program: Command): CompletionWords {
	const listFlags = (command: Command) => command.options.flatMap(({ long }) => (long ? [long] : []));
	const global = [...listFlags(program).filter((word) => word !== '--version'), '--help'];
	const following = program.commands.flatMap((command) => {
		const verb = command.name();
		const names = command.commands.map((subcommand) => subcommand.name());
		const nested = command.commands.map((subcommand) => {
			return { verb, subcommand: subcommand.name(), words: [...listFlags(subcommand), ...global] };
		});
		return [...nested, { verb, subcommand: null, words: [...names, ...listFlags(command), ...global] }];
	});
	return { commands: program.commands.map((command) => command.name()), following };
}

function bashScript({ commands, following }: CompletionWords): string {
	const cases = following.map(({ verb, subcommand, words }) => {
		return `    "${verb} ${subcommand ?? ''}"*) words="${words.join(' ')}" ;;`;
	});
	return `_switchyard() {
  local words
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${cases.join('\n')}
    *) words="${commands.join(' ')}" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${commands.join(' ')} --help --version"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _switchyard switchyard`;
}

function fishScript({ commands, following }: CompletionWords): string {
	const lines = following.flatMap(({ verb, subcommand, words }) => {
		const seen = [verb, ...(subcommand === null ? [] : [subcommand])];
		const condition = seen.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
		return words.map((word) => {
			const offered = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`;
			return `complete -c switchyard -n "${condition}" ${offered}`;
		});
	});
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
