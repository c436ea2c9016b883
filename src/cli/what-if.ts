import { readFileSync } from 'node:fs';
import { TASK_COMPLEXITIES, TASK_TYPES } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { type WhatIfAsk, type WhatIfOptions, type WhatIfReport, whatIf } from '../system/index.ts';
import { checkText, formatPath, isObject, numberCheck, objectCheck, optionalCheck, wordCheck } from '../util/index.ts';
import { formatUsd, type Output } from './output.ts';
import type { Session } from './session.ts';
import { formatTable } from './terminal-text.ts';

/** Tokens of one request at most, in a file of asks. */
const MAX_TOKENS = 1e9;

const checkRequests = optionalCheck(numberCheck(0.001, MAX_TOKENS));
const checkTask = objectCheck({ task: checkText, requests: checkRequests });
const checkKind = objectCheck({
	type: wordCheck(TASK_TYPES),
	complexity: wordCheck(TASK_COMPLEXITIES),
	inputTokens: numberCheck(0, MAX_TOKENS, true),
	outputTokens: numberCheck(0, MAX_TOKENS, true),
	requests: checkRequests,
});

/** One ask of a file: a text, or an object. @throws InvalidInputError that begins with where it stands */
function toAsk(value: unknown, place: string): WhatIfAsk {
	const ask = typeof value === 'string' ? { task: value } : value;
	const [issue] = (isObject(ask) && 'task' in ask ? checkTask : checkKind)(ask, []);
	if (issue === undefined) return ask as WhatIfAsk; // the check says so
	const field = issue.path.length === 0 ? 'it' : `"${formatPath(issue.path)}"`;
	throw new InvalidInputError(
		`${place}: ${field} ${issue.message}. Write a task as text, or { "type", "complexity", "inputTokens", "outputTokens" }.`,
	);
}

function parseJson(text: string, place: string): unknown {
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new InvalidInputError(`${place}: it is no JSON. Write a task as text, or as one JSON value a line.`, {
			cause,
		});
	}
}

/** The asks of a file: a JSON array, or one ask a line, as JSON or as plain text. @throws InvalidInputError */
export function parseAsks(text: string, path: string): WhatIfAsk[] {
	const trimmed = text.trim();
	if (trimmed.startsWith('[')) {
		const values = parseJson(trimmed, path);
		return (values as unknown[]).map((value, index) => toAsk(value, `${path}, item ${index + 1}`));
	}
	return text.split('\n').flatMap((line, index) => {
		const ask = line.trim();
		if (ask === '') return [];
		const place = `${path}, line ${index + 1}`;
		return [toAsk(/^["{]/.test(ask) ? parseJson(ask, place) : ask, place)];
	});
}

/** @throws InvalidInputError for a file that cannot be read or has no asks */
export function readAsks(path: string): WhatIfAsk[] {
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (cause) {
		const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
		throw new InvalidInputError(`${path} cannot be read (${reason}). Name a file with one task a line.`, { cause });
	}
	const asks = parseAsks(text, path);
	if (asks.length === 0) throw new InvalidInputError(`${path} has no tasks. Write one a line.`);
	return asks;
}

/** Tries the policies and shows what they cost and deliver. */
export async function showWhatIf({ system, output }: Session, options: WhatIfOptions): Promise<void> {
	const report = await output.progress('Trying', () => whatIf(system, options));
	output.result(report, () => formatWhatIf(report, output));
	output.hint(
		'Next: "switchyard route" says why one task goes where it does; docs/guide/costs.md what the figures rest on.',
	);
}

/** Models that a row names; the others are added up. */
const SHOWN_MODELS = 2;

function formatModels(models: WhatIfReport['models'][number]['models']): string {
	if (models.length === 1) return models[0]?.model ?? '';
	const parts = models.slice(0, SHOWN_MODELS).map(({ model, share }) => `${Math.round(100 * share)}% ${model}`);
	const rest = models.length - SHOWN_MODELS;
	return [...parts, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

/** Points of quality below which a policy and the coin are the same. */
const SAME_QUALITY = 0.05;

/** What comes before everything else: the policies that a random mix beats. */
function formatDefeats({ policies }: WhatIfReport): string[] {
	const lines = policies.flatMap(({ coin, name, quality }) => {
		const behind = (coin?.quality ?? 0) - quality;
		return behind > SAME_QUALITY
			? [`${name} loses to a random mix of two models at the same cost by ${behind.toFixed(1)} points.`]
			: [];
	});
	return lines.length === 0 ? [] : [...lines, ''];
}

function formatWhatIf(report: WhatIfReport, output: Output): string {
	const { baseline, bestSingle, cheapest, mix, models, policies, strongest } = report;
	const toRow = (name: string, row: WhatIfReport['models'][number], coin = ''): string[] => [
		name,
		formatUsd(row.costPer1000, 2),
		row.name === baseline ? '-' : `${row.savedPercent.toFixed(1)} %`,
		row.quality.toFixed(1),
		coin,
		formatModels(row.models) + (row.leftOut === 0 ? '' : ` (${Math.round(row.leftOut)} requests left out)`),
	];
	const findModel = (name: string | null) => models.filter((row) => row.name === name);
	const [first] = policies;
	const coin = first?.coin ?? null;
	const rows = [
		...policies.map((row) => toRow(row.name, row, row.coin?.quality.toFixed(1) ?? '-')),
		...findModel(baseline).map((row) => toRow('always the baseline', row)),
		...findModel(strongest).map((row) => toRow('always the strongest', row)),
		...findModel(cheapest).map((row) => toRow('always the cheapest', row)),
		...findModel(bestSingle).map((row) => toRow('best single at its cost', row)),
		...(first === undefined || coin === null ? [] : [toRow('coin at its cost', { ...first, ...coin, leftOut: 0 })]),
	];
	const source = mix === 'given' || mix === 'recorded' ? `requests as ${mix}` : `the shipped mix (${mix})`;
	const count = Math.round(report.requests);
	return [
		...formatDefeats(report),
		output.heading(`What If (${count} request${count === 1 ? '' : 's'})`),
		'',
		formatTable(['choice', '>$/1,000', '>saved', '>quality', '>coin', 'models'], rows),
		'',
		`Requests: ${source}. Models compete whether they can be called here or not.`,
		`Saved: beside every request on ${baseline}. Quality: mean of the catalog's figures for the models chosen, 0-100. Coin: quality of the random mix of two models that costs the same; the last two rows are at the cost of ${first?.name ?? 'none'}.`,
	].join('\n');
}
