import { type CostEntry, countInputTokens, countOutputTokens, nanoToUsd } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { toCsvText } from '../../util/index.ts';

/** Charges as JSON (an array of objects) or CSV (one header line). @throws InvalidInputError for another format. */
export function exportEntries(entries: readonly CostEntry[], format: 'json' | 'csv'): string {
	const records = entries.map(toRecord);
	if (format === 'json') return JSON.stringify(records, null, 2);
	if (format === 'csv') return `${[COLUMNS, ...records.map(toCsvLine)].join('\n')}\n`;
	throw new InvalidInputError(`Nothing exported: "${String(format).slice(0, 40)}" is no format. Use "json" or "csv".`);
}

const COLUMNS =
	'id,timestamp,model,task_type,input_tokens,output_tokens,cost_usd,input_cost_usd,output_cost_usd,decision_id,attempt,is_estimated';

/** One exported charge; money in USD, `null` when the model has no price. In the order of `COLUMNS`. */
function toRecord(entry: CostEntry) {
	const toUsd = (nano: number | null): number | null => (nano === null ? null : nanoToUsd(nano));
	return {
		id: entry.id,
		timestamp: new Date(entry.at).toISOString(),
		model: entry.model,
		taskType: entry.taskType,
		tokens: { input: countInputTokens(entry.usage), output: countOutputTokens(entry.usage) },
		cost: toUsd(entry.costNanoUsd),
		inputCost: toUsd(entry.inputCostNanoUsd),
		outputCost: toUsd(entry.outputCostNanoUsd),
		decisionId: entry.decisionId,
		attempt: entry.attempt,
		isEstimated: entry.usage.isEstimated ?? false,
	};
}

function toCsvLine(record: ReturnType<typeof toRecord>): string {
	return Object.values(record)
		.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : [value]))
		.map(toCsvCell)
		.join(',');
}

function toCsvCell(value: string | number | boolean | null): string {
	if (value === null) return '';
	// Nine decimals show a nano-dollar; a number's own text could be 1e-9.
	if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(9);
	return toCsvText(String(value));
}
