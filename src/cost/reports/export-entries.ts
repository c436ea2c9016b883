import { type CostEntry, countInputTokens, countOutputTokens, nanoToUsd } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';

/** One exported charge; money in USD, `null` when the model has no price. */
interface ExportedRecord {
	id: string;
	timestamp: string;
	model: string;
	taskType: string;
	tokens: { input: number; output: number };
	cost: number | null;
	inputCost: number | null;
	outputCost: number | null;
	decisionId: string | null;
	attempt: number | null;
	isEstimated: boolean;
}

const COLUMNS =
	'id,timestamp,model,task_type,input_tokens,output_tokens,cost_usd,input_cost_usd,output_cost_usd,decision_id,attempt,is_estimated';

function usdOrNull(nano: number | null): number | null {
	return nano === null ? null : nanoToUsd(nano);
}

function exportedRecord(entry: CostEntry): ExportedRecord {
	return {
		id: entry.id,
		timestamp: new Date(entry.at).toISOString(),
		model: entry.model,
		taskType: entry.taskType,
		tokens: { input: countInputTokens(entry.usage), output: countOutputTokens(entry.usage) },
		cost: usdOrNull(entry.costNanoUsd),
		inputCost: usdOrNull(entry.inputCostNanoUsd),
		outputCost: usdOrNull(entry.outputCostNanoUsd),
		decisionId: entry.decisionId,
		attempt: entry.attempt,
		isEstimated: entry.usage.isEstimated ?? false,
	};
}

/** One cell of RFC 4180 text; a text that a spreadsheet would take for a formula is made plain with a quote mark. */
function csvCell(value: string | number | boolean | null): string {
	if (value === null) return '';
	// Nine decimals show a nano-dollar; a number's own text could be 1e-9.
	if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(9);
	const text = /^[=+\-@\t\r]/.test(String(value)) ? `'${value}` : String(value);
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvLine(record: ExportedRecord): string {
	const { id, timestamp, model, taskType, tokens, cost, inputCost, outputCost, decisionId, attempt } = record;
	const cells = [id, timestamp, model, taskType, tokens.input, tokens.output, cost, inputCost, outputCost];
	return [...cells, decisionId, attempt, record.isEstimated].map(csvCell).join(',');
}

/** Charges as JSON (an array of objects) or CSV (one header line). @throws InvalidInputError for another format. */
export function exportEntries(entries: readonly CostEntry[], format: 'json' | 'csv'): string {
	const records = entries.map(exportedRecord);
	if (format === 'json') return JSON.stringify(records, null, 2);
	if (format === 'csv') return `${[COLUMNS, ...records.map(csvLine)].join('\n')}\n`;
	throw new InvalidInputError(`Nothing exported: "${String(format).slice(0, 40)}" is no format. Use "json" or "csv".`);
}
