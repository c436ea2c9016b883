import type { Attribution, CostEntry, NanoUsd, ServiceTier, TaskType, Usage } from '../../contracts/index.ts';
import { nanoToUsd } from '../../util/index.ts';
import { inputTotal, outputTotal } from '../shared/index.ts';
import { flag, json, number, numberOrNull, text, textOrNull, time } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqlRow, SqlValue } from './sqlite-driver.ts';

/** Appends one charge to the ledger; the writer sees to budget_spend. Values by `costValues`. */
export const INSERT_COST = `
INSERT INTO cost_tracking (
  id, model, task_type, cost, cost_nano, cost_input, cost_input_nano, cost_output, cost_output_nano,
  tokens_input, tokens_output, tokens_cache_read, tokens_cache_write_5m, tokens_cache_write_1h, tokens_reasoning,
  per_use, unknown_usage, is_estimated, service_tier, region, price_version, kind, corrects, reason,
  key_id, team, session_id, tags, attempt, budget_handled, task_id, routing_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)
ON CONFLICT DO NOTHING`;

function usd(nano: NanoUsd | null): number | null {
	return nano === null ? null : nanoToUsd(nano);
}

function attributionValues({ key, team, session, tags }: Attribution = {}): SqlValue[] {
	return [key ?? null, team ?? null, session ?? null, tags === undefined ? null : JSON.stringify(tags)];
}

/** The values of `INSERT_COST`, in order. */
export function costValues(entry: CostEntry): SqlValue[] {
	const { usage } = entry;
	return [
		entry.id,
		entry.model,
		entry.taskType,
		usd(entry.costNanoUsd),
		entry.costNanoUsd,
		usd(entry.inputCostNanoUsd),
		entry.inputCostNanoUsd,
		usd(entry.outputCostNanoUsd),
		entry.outputCostNanoUsd,
		inputTotal(usage),
		outputTotal(usage),
		usage.cacheReadTokens,
		usage.cacheWrite5mTokens,
		usage.cacheWrite1hTokens,
		usage.reasoningTokens,
		usage.perUse === undefined ? null : JSON.stringify(usage.perUse),
		usage.unknownFields === undefined ? null : JSON.stringify(usage.unknownFields),
		usage.isEstimated === true ? 1 : 0,
		usage.serviceTier ?? null,
		usage.region ?? null,
		entry.priceVersion ?? null,
		entry.kind ?? 'charge',
		entry.corrects ?? null,
		entry.reason ?? null,
		...attributionValues(entry.attribution),
		entry.attempt,
		entry.decisionId,
		entry.decisionId,
		toIsoTime(entry.at),
	];
}

function usageFromRow(row: SqlRow): Usage {
	const cacheReadTokens = number(row, 'tokens_cache_read');
	const cacheWrite5mTokens = number(row, 'tokens_cache_write_5m');
	const cacheWrite1hTokens = number(row, 'tokens_cache_write_1h');
	const reasoningTokens = number(row, 'tokens_reasoning');
	const perUse = json(row, 'per_use');
	const unknownFields = json(row, 'unknown_usage');
	return {
		inputTokens: number(row, 'tokens_input') - cacheReadTokens - cacheWrite5mTokens - cacheWrite1hTokens,
		cacheReadTokens,
		cacheWrite5mTokens,
		cacheWrite1hTokens,
		outputTokens: number(row, 'tokens_output') - reasoningTokens,
		reasoningTokens,
		// both were written by costValues above
		...(perUse === undefined ? {} : { perUse: perUse as Record<string, number> }),
		...(unknownFields === undefined ? {} : { unknownFields: unknownFields as Record<string, unknown> }),
		...(flag(row, 'is_estimated') ? { isEstimated: true } : {}),
		// as the column's comment lists them
		...present({
			serviceTier: textOrNull(row, 'service_tier') as ServiceTier | null,
			region: textOrNull(row, 'region'),
		}),
	};
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], null> };

/** The fields that are not null. */
function present<Fields extends object>(fields: Fields): Present<Fields> {
	// only null values were taken out, and every field of the result may be missing
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Present<Fields>;
}

function attributionFromRow(row: SqlRow): Attribution | null {
	const tags = json(row, 'tags');
	const attribution: Attribution = {
		...present({
			key: textOrNull(row, 'key_id'),
			team: textOrNull(row, 'team'),
			session: textOrNull(row, 'session_id'),
		}),
		// written by attributionValues
		...(tags === undefined ? {} : { tags: tags as string[] }),
	};
	return Object.keys(attribution).length === 0 ? null : attribution;
}

/** A row of cost_tracking. */
export function costFromRow(row: SqlRow): CostEntry {
	return {
		id: text(row, 'id'),
		decisionId: textOrNull(row, 'routing_id'),
		attempt: numberOrNull(row, 'attempt'),
		model: text(row, 'model'),
		// shown rather than refused, as in decision-row
		taskType: text(row, 'task_type') as TaskType,
		costNanoUsd: numberOrNull(row, 'cost_nano'),
		inputCostNanoUsd: numberOrNull(row, 'cost_input_nano'),
		outputCostNanoUsd: numberOrNull(row, 'cost_output_nano'),
		usage: usageFromRow(row),
		at: time(row, 'created_at'),
		...present({
			priceVersion: textOrNull(row, 'price_version'),
			corrects: textOrNull(row, 'corrects'),
			reason: textOrNull(row, 'reason'),
			attribution: attributionFromRow(row),
		}),
		...(text(row, 'kind') === 'correction' ? { kind: 'correction' } : {}),
	};
}
