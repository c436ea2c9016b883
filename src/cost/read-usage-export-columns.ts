import { InvalidInputError } from '../errors/index.ts';
import { nearestName } from '../util/index.ts';

/** What a column may mean. */
export type ColumnMeaning =
	| 'date'
	| 'model'
	| 'lineItem'
	| 'input'
	| 'uncached'
	| 'cacheRead'
	| 'cacheWrite5m'
	| 'cacheWrite1h'
	| 'output'
	| 'reasoning'
	| 'requests'
	| 'cost'
	| 'cents'
	| 'currency'
	| 'tier'
	| 'batch';

/**
 * What a column may mean, and the header names that are understood, in the spelling of `headerKey`. The first name that
 * is there wins. Known from Anthropic's console (usage and cost CSV), OpenAI's dashboard (usage and costs CSV) and
 * Google Cloud's billing export.
 */
const SYNONYMS: Readonly<Record<ColumnMeaning, readonly string[]>> = {
	date: [
		'usage_date_utc',
		'start_time_iso',
		'start_time',
		'starting_at',
		'usage_start_date',
		'usage_start_time',
		'date_utc',
		'usage_date',
		'date',
		'day',
		'timestamp',
		'created_at',
		'time',
	],
	model: ['model_version', 'model', 'model_name', 'model_id', 'snapshot_id', 'snapshot'],
	/** A line item that begins with the model: `gpt-5-mini-2025-08-07, input`. */
	lineItem: ['line_item', 'sku_description'],
	/** All input; what it holds of cached tokens is taken out. */
	input: ['input_tokens', 'prompt_tokens', 'prompt_token_count', 'n_context_tokens_total', 'tokens_input'],
	/** Input neither read from nor written to a cache. */
	uncached: [
		'usage_input_tokens_no_cache',
		'uncached_input_tokens',
		'input_uncached_tokens',
		'input_tokens_no_cache',
		'uncached_tokens',
		'uncached',
	],
	cacheRead: [
		'usage_input_tokens_cache_read',
		'cache_read_input_tokens',
		'input_cached_tokens',
		'cached_input_tokens',
		'cached_tokens',
		'cached_content_token_count',
		'cache_read_tokens',
		'tokens_cache_read',
	],
	cacheWrite5m: [
		'usage_input_tokens_cache_write_5m',
		'cache_creation_5m_input_tokens',
		'ephemeral_5m_input_tokens',
		'cache_creation_input_tokens',
		'input_cache_write_tokens',
		'cache_write_5m_tokens',
		'usage_input_tokens_cache_write',
	],
	cacheWrite1h: [
		'usage_input_tokens_cache_write_1h',
		'cache_creation_1h_input_tokens',
		'ephemeral_1h_input_tokens',
		'cache_write_1h_tokens',
	],
	output: [
		'usage_output_tokens',
		'output_tokens',
		'completion_tokens',
		'candidates_token_count',
		'n_generated_tokens_total',
		'tokens_output',
	],
	reasoning: ['reasoning_tokens', 'thoughts_token_count'],
	requests: ['num_model_requests', 'requests', 'request_count', 'n_requests', 'num_requests', 'calls'],
	cost: [
		'cost_usd',
		'amount_usd',
		'amount_value',
		'cost_in_usd',
		'total_cost_usd',
		'cost',
		'amount',
		'total_cost',
		'subtotal',
	],
	cents: ['cost_cents', 'amount_cents', 'cost_in_cents'],
	currency: ['amount_currency', 'currency'],
	tier: ['service_tier', 'usage_type', 'tier'],
	batch: ['batch'],
};

/** Where each meaning stands in a line. */
export type ColumnPlaces = ReadonlyMap<ColumnMeaning, number>;

const MEANINGS = Object.keys(SYNONYMS);

/** `Usage Date (UTC)` → `usage_date_utc`. */
function headerKey(header: string): string {
	return header
		.replace(/([a-z])([A-Z])/g, '$1_$2')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '_')
		.replace(/^_|_$/g, '');
}

function isMeaning(name: string): name is ColumnMeaning {
	return Object.hasOwn(SYNONYMS, name);
}

/** Columns said by hand, as `date=Day,model=Engine`. @throws InvalidInputError */
function saidColumns(said: string, headers: readonly string[]): Map<ColumnMeaning, number> {
	const places = new Map<ColumnMeaning, number>();
	for (const pair of said.split(',')) {
		const [meaning = '', header = ''] = pair.split('=').map((part) => part.trim());
		if (!isMeaning(meaning)) {
			const nearest = nearestName(meaning, MEANINGS);
			throw new InvalidInputError(
				`--columns: "${meaning.slice(0, 40)}" is no meaning of a column.${nearest === null ? '' : ` Did you mean "${nearest}"?`} Use ${MEANINGS.join(', ')}.`,
			);
		}
		const place = headers.findIndex((name) => name === header || headerKey(name) === headerKey(header));
		if (place === -1) {
			throw new InvalidInputError(
				`--columns: the file has no column "${header.slice(0, 60)}". It has ${headers.join(', ').slice(0, 400)}.`,
			);
		}
		places.set(meaning, place);
	}
	return places;
}

/**
 * Which column means what: by its name, or as said by hand.
 * @throws InvalidInputError when no column has a date, or none has tokens or money
 */
export function findColumns(headers: readonly string[], said: string | undefined): ColumnPlaces {
	const places = said === undefined ? new Map<ColumnMeaning, number>() : saidColumns(said, headers);
	const keys = headers.map(headerKey);
	for (const [meaning, names] of Object.entries(SYNONYMS)) {
		const place = names.map((name) => keys.indexOf(name)).find((index) => index >= 0);
		if (isMeaning(meaning) && place !== undefined && !places.has(meaning)) places.set(meaning, place);
	}
	const has = (...meanings: ColumnMeaning[]) => meanings.some((meaning) => places.has(meaning));
	const lacks = [
		...(has('date') ? [] : ['date']),
		...(has('input', 'uncached', 'output', 'cost', 'cents') ? [] : ['input, output or cost']),
	];
	if (lacks.length === 0) return places;
	throw new InvalidInputError(
		`Line 1: no column is known to be ${lacks.join(' or ')}. The file has ${headers.join(', ').slice(0, 400)}. Say which is which: --columns date=…,model=…,cost=…`,
	);
}
