import type { Command } from 'commander';
import type { ExportedData } from '../../system/index.ts';
import type { GlobalOptions } from '../options.ts';
import { formatSection, type Output } from '../output.ts';

interface FallbackFlags extends GlobalOptions {
	show?: string;
	/** Model and chain, as commander's variadic option gives them. */
	set?: string[];
}

/** Events shown at most, newest first. */
const MAX_EVENTS = 10;

interface FallbackView {
	chains: Record<string, string[]>;
	events: ExportedData['fallbackEvents'];
	successRate: number | null;
	rateLimits: ExportedData['rateLimits'];
}

function formatFallbacks(view: FallbackView, output: Output): string {
	const events = view.events.slice(0, MAX_EVENTS).map((event) => {
		const end = event.fallbackSuccess ? 'answered' : 'failed too';
		return `- ${new Date(event.at).toISOString()} ${event.primaryModel} → ${event.fallbackModel} (${end}): ${event.primaryError}`;
	});
	const limits = view.rateLimits.slice(0, MAX_EVENTS).map(({ at, limitType, model, resetAt }) => {
		const until = resetAt === null ? '' : `, resets ${new Date(resetAt).toISOString()}`;
		return `- ${new Date(at).toISOString()} ${model} (${limitType}${until})`;
	});
	return [
		output.heading('Fallback Chains'),
		'',
		...Object.entries(view.chains).map(([primary, chain]) => `${primary} → ${chain.join(' → ') || '(none)'}`),
		'',
		'Models that a task excludes (retired ones always) are passed over; unless you set a chain, the router plans one over several providers: "switchyard route" shows it.',
		...formatSection('Recent Fallbacks:', events.length === 0 ? ['- none'] : events),
		...(view.successRate === null ? [] : ['', `Success Rate: ${view.successRate.toFixed(1)}%`]),
		...formatSection('Recent Rate Limits:', limits),
	].join('\n');
}

/** `switchyard fallback` */
export function fallbackCommand(program: Command): void {
	program
		.command('fallback')
		.description('show or set who follows when a model fails')
		.option('--show <model>', 'only the chain of this model')
		.option('--set <model-and-chain...>', 'set a chain, e.g. --set opus "sonnet,gpt-4,haiku"')
		.addHelpText(
			'after',
			'\nExamples:\n  switchyard fallback\n  switchyard fallback --show opus\n  switchyard fallback --set opus "sonnet,gpt-4,haiku"',
		)
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<FallbackFlags>();
			const { editConfig, inProject } = await import('../session.ts');
			if (flags.set !== undefined) {
				if (flags.set.length !== 2)
					self.error('error: --set takes a model and a chain, e.g. --set opus "sonnet,gpt-4"', { exitCode: 2 });
				const [primary = '', list = ''] = flags.set;
				const names = list.split(',').map((name) => name.trim());
				const chain = names.filter((name) => name !== '');
				await editConfig(flags, (config) => ({ ...config, fallbacks: { ...config.fallbacks, [primary]: chain } }));
			}
			await inProject(flags, async ({ system, output }) => {
				if (flags.show !== undefined) system.router.resolveModelName(flags.show);
				const isShown = (model: string): boolean => flags.show === undefined || model === flags.show;
				const configs = [...system.fallback.getFallbackConfigs().values()];
				const data = await output.progress('Reading', () => system.exportData());
				const chains = configs.flatMap(({ primary, fallbacks }) => (isShown(primary) ? [[primary, fallbacks]] : []));
				const events = data.fallbackEvents.filter(({ primaryModel }) => isShown(primaryModel));
				const answered = events.filter((event) => event.fallbackSuccess).length;
				const view: FallbackView = {
					chains: Object.fromEntries(chains),
					events: events.slice(0, 100),
					successRate: events.length === 0 ? null : (answered / events.length) * 100,
					rateLimits: data.rateLimits.slice(0, 100),
				};
				output.result(view, () => formatFallbacks(view, output));
			});
		});
}
