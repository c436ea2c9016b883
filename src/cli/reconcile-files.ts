import { readFileSync } from 'node:fs';
import {
	applyReconciliation,
	createModelCatalog,
	InvalidInputError,
	planReconciliation,
	type ReconcilePlan,
	type ReconcileReport,
	readUsageExport,
	reconcile,
} from '../index.ts';
import { planText, reconcileJson, reconcileText } from './format-reconcile.ts';
import type { ReconcileFlags } from './reconcile-flags.ts';
import { inProject, type Session } from './session.ts';

const DAY_MS = 86_400_000;
/** Rows and holds read at most. */
const READ_LIMIT = 1_000_000;

interface NamedText {
	path: string;
	text: string;
}

/** @throws InvalidInputError */
function readText(path: string): NamedText {
	try {
		return { path, text: readFileSync(path, 'utf8') };
	} catch (cause) {
		const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
		throw new InvalidInputError(`${path} cannot be read (${reason}). Give the file that the provider exported.`, {
			cause,
		});
	}
}

type UsageExport = ReturnType<typeof readUsageExport>;

/** The file, read; what is wrong with it begins with its name. @throws InvalidInputError */
function readExport({ path, text }: NamedText, flags: ReconcileFlags): UsageExport {
	try {
		return readUsageExport(text, { columns: flags.columns, provider: flags.provider });
	} catch (cause) {
		if (!(cause instanceof InvalidInputError)) throw cause;
		throw new InvalidInputError(`${path}: ${cause.message} Nothing was changed.`, { cause });
	}
}

function rangeOf(exports: readonly UsageExport[], flags: ReconcileFlags): { from: number; to: number } {
	const from = Math.min(...exports.map((exported) => exported.from));
	const to = Math.max(...exports.map((exported) => exported.to));
	const first = flags.from === undefined ? from : Math.max(from, Date.parse(flags.from));
	const last = flags.to === undefined ? to : Math.min(to, Date.parse(flags.to) + DAY_MS);
	if (first < last) return { from: first, to: last };
	const said = [from, to - 1].map((at) => new Date(at).toISOString().slice(0, 10));
	throw new InvalidInputError(
		`The files cover ${said[0]} to ${said[1]}: none of the days asked for. Change --from and --to.`,
	);
}

async function apply(
	{ system, output }: Session,
	{ report, plan }: { report: ReconcileReport; plan: ReconcilePlan },
	flags: ReconcileFlags,
): Promise<void> {
	if (plan.corrections.length + plan.settlements.length + plan.releases.length === 0) return;
	const isSmall = plan.movedNanoUsd <= report.ledgerNanoUsd * flags.tolerance;
	if (!isSmall && flags.yes !== true)
		throw new InvalidInputError(
			`Nothing was changed: the plan moves more than ${flags.tolerance * 100}% of what the ledger holds. Read it, then add --yes.`,
		);
	const storage = await system.flush();
	await applyReconciliation(plan, storage.budgets, ({ at, model, taskType, attribution }) =>
		system.costOptimizer.checks(at, { model, taskType, ...(attribution && { attribution }) }),
	);
	output.note('Applied. Doing it again changes nothing.');
}

/** Compares the ledger with the files; with `--apply` brings it in line. */
export async function reconcileFiles(paths: readonly string[], flags: ReconcileFlags): Promise<void> {
	const files = paths.map(readText);
	const exports = files.map((file) => readExport(file, flags));
	await inProject(flags, async (session) => {
		const { system, output, loaded } = session;
		const range = rangeOf(exports, flags);
		const storage = await system.flush();
		const now = Date.now();
		if (flags.apply === true) await storage.budgets.expire(now);
		// whole UTC days, whatever part of the first and the last one the file names
		const days = { from: Math.floor(range.from / DAY_MS) * DAY_MS, to: Math.ceil(range.to / DAY_MS) * DAY_MS };
		const ledger = await storage.ledger.entries(days, READ_LIMIT);
		const holds = await storage.budgets.unsettled(READ_LIMIT);
		const { provider, tolerance } = flags;
		const report = reconcile(
			{ ledger, exports, holds },
			{ catalog: createModelCatalog(loaded.config.models), now, range, tolerance, ...(provider && { provider }) },
		);
		const sourceId = files.map(({ text }) => text).join('\n');
		const plan = planReconciliation({ report, ledger, sourceId, includesOutside: flags.outside === true });
		if (exports.some(({ isIncomplete }) => isIncomplete))
			output.note('More pages follow the last one in the file: only the days that are in it are compared.');
		output.result(reconcileJson(report, plan), () => reconcileText(report, output));
		if (!output.isJson) output.print(planText(plan, { isApplied: flags.apply === true }));
		if (flags.apply === true) await apply(session, { report, plan }, flags);
	});
}
