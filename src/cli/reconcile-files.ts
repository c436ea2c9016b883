import { readFileSync } from 'node:fs';
import { createModelCatalog } from '../catalog/index.ts';
import type { ProviderName } from '../config/index.ts';
import { nanoToUsd, type TimeRange } from '../contracts/index.ts';
import {
	applyReconciliation,
	parseUsageExport,
	planReconciliation,
	type ReconcileDifference,
	type ReconcilePlan,
	type ReconcileReport,
	reconcile,
	type UsageExport,
} from '../cost/reconcile/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { DAY_MS, isObject, toIsoDay } from '../util/index.ts';
import type { GlobalOptions } from './options.ts';
import { formatSection, type Output } from './output.ts';
import { inProject } from './session.ts';
import { formatTable, wrapForStream } from './terminal-text.ts';

/** What the command was asked for. */
export interface ReconcileFlags extends GlobalOptions {
	provider?: ProviderName;
	from?: string;
	to?: string;
	columns?: string;
	tolerance: number;
	outside?: boolean;
	apply?: boolean;
	yes?: boolean;
}

/** Rows and holds read at most. */
const READ_LIMIT = 1_000_000;

/** A file's text and what it reports; what is wrong with it begins with its name. @throws InvalidInputError */
function readExport(path: string, { columns, provider }: ReconcileFlags): { text: string; exported: UsageExport } {
	let text: string | undefined;
	try {
		text = readFileSync(path, 'utf8');
		return { text, exported: parseUsageExport(text, { columns, provider }) };
	} catch (cause) {
		if (cause instanceof InvalidInputError)
			throw new InvalidInputError(`${path}: ${cause.message} Nothing was changed.`, { cause });
		if (text !== undefined) throw cause;
		const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
		throw new InvalidInputError(`${path} cannot be read (${reason}). Give the file that the provider exported.`, {
			cause,
		});
	}
}

function selectRange(exports: readonly UsageExport[], flags: ReconcileFlags): TimeRange {
	const from = Math.min(...exports.map((exported) => exported.from));
	const to = Math.max(...exports.map((exported) => exported.to));
	const first = flags.from === undefined ? from : Math.max(from, Date.parse(flags.from));
	const last = flags.to === undefined ? to : Math.min(to, Date.parse(flags.to) + DAY_MS);
	if (first < last) return { from: first, to: last };
	throw new InvalidInputError(
		`The files cover ${toIsoDay(from)} to ${toIsoDay(to - 1)}: none of the days asked for. Change --from and --to.`,
	);
}

/** Compares the ledger with the files; with `--apply` brings it in line. */
export async function reconcileFiles(paths: readonly string[], flags: ReconcileFlags): Promise<void> {
	const files = paths.map((path) => readExport(path, flags));
	const exports = files.map(({ exported }) => exported);
	await inProject(flags, async ({ loaded, output, system }) => {
		const { apply: isApplied = false, outside, provider, tolerance, yes } = flags;
		const range = selectRange(exports, flags);
		const { budgets, ledger } = await system.flush();
		const now = Date.now();
		if (isApplied) await budgets.expire(now);
		// whole UTC days, whatever part of the first and the last one the file names
		const days = { from: Math.floor(range.from / DAY_MS) * DAY_MS, to: Math.ceil(range.to / DAY_MS) * DAY_MS };
		const entries = await output.progress('Reading the ledger', () => ledger.entries(days, READ_LIMIT));
		const catalog = createModelCatalog(loaded.config.models);
		const input = { ledger: entries, exports, holds: await budgets.unsettled(READ_LIMIT) };
		const report = reconcile(input, { catalog, now, range, tolerance, provider });
		const sourceId = files.map(({ text }) => text).join('\n');
		const plan = planReconciliation({ report, ledger: entries, sourceId, includesOutside: outside === true });
		if (exports.some(({ isIncomplete }) => isIncomplete))
			output.note('More pages follow the last one in the file: only the days that are in it are compared.');
		output.result(toReconcileJson(report, plan), () => formatReport(report, output));
		if (!output.isJson) output.print(wrapForStream(formatPlan(plan, isApplied), process.stdout));
		if (!isApplied || listChanges(plan).length === 0) return;
		if (plan.movedNanoUsd > report.ledgerNanoUsd * tolerance && yes !== true)
			throw new InvalidInputError(
				`Nothing was changed: the plan moves more than ${tolerance * 100}% of what the ledger holds. Read it, then add --yes.`,
			);
		await output.progress('Applying', () =>
			applyReconciliation(plan, budgets, ({ at, model, taskType, attribution }) =>
				system.costOptimizer.getChecks(at, { model, taskType, attribution }),
			),
		);
		output.note('Applied. Doing it again changes nothing.');
	});
}

const usd = (nano: number): string => `${nano < 0 ? '-' : ''}$${nanoToUsd(Math.abs(nano)).toFixed(6)}`;
const signed = (nano: number): string => (nano > 0 ? `+${usd(nano)}` : usd(nano));

function differenceRows({ day, model, ledger, provider, deltaNanoUsd, causes }: ReconcileDifference): string[][] {
	const figures = [usd(ledger.costNanoUsd), usd(provider.costNanoUsd), signed(deltaNanoUsd)];
	return causes.map(({ reason, amountNanoUsd, explanation }, index) => [
		...(index === 0 ? [day, model ?? '(all models)', ...figures] : ['', '', '', '', '']),
		`${reason}${causes.length > 1 ? ` ${signed(amountNanoUsd)}` : ''}: ${explanation}`,
	]);
}

const HOLD_WORDS = { settle: 'was billed', release: 'was never billed', leave: 'is not known yet' };

/** The comparison for people. */
function formatReport(report: ReconcileReport, output: Output): string {
	const { provider, from, to, differences, compared, agreed, holds, unknownModels } = report;
	const headers = ['Day', 'Model', '>Ledger', '>Provider', '>Difference', 'Why'];
	const held = holds.map(({ hold, day, plan, settleNanoUsd }) => {
		const amount = plan === 'settle' ? `${usd(settleNanoUsd)} ` : '';
		return `- ${day} ${hold.model ?? ''} held ${usd(hold.amountNanoUsd)}: ${amount}${HOLD_WORDS[plan]}`;
	});
	const unknown = unknownModels.map((one) => `- ${one.model}: ${usd(one.costNanoUsd)}, ${one.tokens} tokens`);
	const stated = report.statedCosts.map(
		({ model, requests, costNanoUsd, statedNanoUsd }) =>
			`- ${model}: ${usd(statedNanoUsd)} stated by ${requests} answers, ${usd(costNanoUsd)} in the ledger`,
	);
	return [
		output.heading(`Reconciliation with ${provider} (${from} to ${to}, UTC)`),
		'',
		`Ledger ${usd(report.ledgerNanoUsd)}, provider ${usd(report.providerNanoUsd)}, difference ${signed(report.deltaNanoUsd)}`,
		`${agreed} of ${compared} days and models agree${report.isWithinTolerance ? '; all are within tolerance' : ''}.`,
		...(differences.length === 0 ? [] : ['', formatTable(headers, differences.flatMap(differenceRows))]),
		...formatSection('Unknown spend of processes that died:', held),
		...formatSection('Answers that state another cost than the ledger has:', stated),
		...formatSection('Not compared, for the catalog does not know them:', unknown),
	].join('\n');
}

/** What would be, or is about to be, done. */
function listChanges({ corrections, settlements, releases }: ReconcilePlan): string[] {
	return [
		...corrections.map(
			(row) => `- correct ${row.corrects} (${row.model}) by ${signed(row.costNanoUsd ?? 0)}: ${row.reason}`,
		),
		...settlements.map(({ hold, entry }) => `- settle the hold ${hold.id} at ${usd(entry.costNanoUsd ?? 0)}`),
		...releases.map(({ id, amountNanoUsd }) => `- release the hold ${id} of ${usd(amountNanoUsd)}`),
	];
}

function formatPlan(plan: ReconcilePlan, isApplied: boolean): string {
	const changes = listChanges(plan);
	if (changes.length === 0) return '\nThere is nothing to correct.';
	return formatSection(isApplied ? 'Plan:' : 'With --apply:', changes).join('\n');
}

/** Names that JSON has for what is called otherwise in the code. */
const JSON_NAMES: Readonly<Record<string, string>> = {
	deltaNanoUsd: 'difference',
	isCostDerived: 'providerCostIsDerived',
	isWithinTolerance: 'withinTolerance',
	ledgerNanoUsd: 'ledgerCost',
	providerNanoUsd: 'providerCost',
};

/** As JSON: money in USD under a name without its unit. */
function toJson(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(toJson);
	if (!isObject(value)) return value;
	const members = Object.entries(value).map(([name, member]) => {
		const isMoney = name.endsWith('NanoUsd');
		return [JSON_NAMES[name] ?? name.replace(/NanoUsd$/, ''), isMoney ? nanoToUsd(Number(member)) : toJson(member)];
	});
	return Object.fromEntries(members);
}

/** The comparison and the plan as JSON. */
function toReconcileJson(report: ReconcileReport, plan: ReconcilePlan): unknown {
	return toJson({
		...report,
		holds: report.holds.map(({ hold: { id, model = null, amountNanoUsd }, ...held }) => {
			return { id, model, heldNanoUsd: amountNanoUsd, ...held };
		}),
		plan: {
			corrections: plan.corrections.map(({ id, corrects, model, costNanoUsd, reason }) => {
				return { id, corrects, model, costNanoUsd, reason };
			}),
			settle: plan.settlements.map(({ hold, entry }) => ({ id: hold.id, costNanoUsd: entry.costNanoUsd })),
			release: plan.releases.map(({ id }) => id),
			movedNanoUsd: plan.movedNanoUsd,
		},
	});
}
