import { type Command, InvalidArgumentError } from 'commander';
import { parseChoice, parseDay } from '../options.ts';
import type { ReconcileFlags } from '../reconcile-files.ts';
import { quoteArgument } from '../terminal-text.ts';

/** `1%` or `0.01` as a part of one. */
function parsePart(value: string): number {
	const text = value.trim();
	const part = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
	if (text !== '' && text !== '%' && part >= 0 && part <= 1) return part;
	throw new InvalidArgumentError(`${quoteArgument(value)} is no part of a cost. Write a percentage such as 1%.`);
}

/** `switchyard reconcile` */
export function reconcileCommand(program: Command): void {
	program
		.command('reconcile')
		.description("compare the ledger with a provider's usage export and say what differs and why")
		.argument('<files...>', 'usage and cost exports of one provider, CSV or JSON')
		.option(
			'--provider <name>',
			`one of ${RECONCILE_PROVIDERS.join(', ')}, where the file does not tell`,
			parseChoice(RECONCILE_PROVIDERS),
		)
		.option('--from <day>', 'first day (UTC), as YYYY-MM-DD', parseDay)
		.option('--to <day>', 'last day (UTC), as YYYY-MM-DD', parseDay)
		.option('--columns <list>', 'which column of a CSV file means what, as date=Day,model=Engine,cost=Paid')
		.option('--tolerance <part>', 'part of a cost that may differ', parsePart, 0.01)
		.option('--outside', 'let --apply count also what was used outside')
		.option('--apply', 'correct the ledger and settle what became known; shows the plan first')
		.option('--yes', 'apply also what changes more than the tolerance')
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard reconcile usage.csv\n  switchyard reconcile usage.json costs.json --from 2026-11-01 --to 2026-11-23\n  switchyard reconcile usage.csv --apply --yes',
		)
		.action(async (files: string[], _options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<ReconcileFlags>();
			const { reconcileFiles } = await import('../reconcile-files.ts');
			await reconcileFiles(files, flags);
		});
}

/** Written out: the configuration's own list would load its schemas for every `--help`. */
const RECONCILE_PROVIDERS = ['anthropic', 'openai', 'google'] as const;
