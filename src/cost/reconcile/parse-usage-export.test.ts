import { describe, expect, it } from 'vitest';
import { parseUsageExport } from './parse-usage-export.ts';

const DAY = 1_763_942_400; // 2025-11-24T00:00:00Z

function page(results: unknown[], more: Record<string, unknown> = {}): string {
	const bucket = { object: 'bucket', start_time: DAY, end_time: DAY + 86_400, results };
	return JSON.stringify({ object: 'page', data: [bucket], has_more: false, next_page: null, ...more });
}

function anthropic(results: unknown[]): string {
	const bucket = { starting_at: '2025-11-24T00:00:00Z', ending_at: '2025-11-25T00:00:00Z', results };
	return JSON.stringify({ data: [bucket], has_more: false, next_page: null });
}

describe('JSON of the providers’ own reports', () => {
	it('OpenAI usage: cached and written tokens are taken out of the input that holds them', () => {
		const result = {
			object: 'organization.usage.completions.result',
			input_tokens: 1000,
			input_cached_tokens: 800,
			input_cache_write_30m_tokens: 50,
			output_tokens: 500,
			num_model_requests: 5,
			model: 'gpt-5-mini-2025-08-07',
			batch: true,
		};
		const read = parseUsageExport(page([result]));
		expect(read).toMatchObject({ format: 'openai usage', provider: 'openai', isIncomplete: false });
		expect(read.rows).toEqual([
			{
				day: '2025-11-24',
				model: 'gpt-5-mini-2025-08-07',
				requests: 5,
				tokens: { input: 150, cacheRead: 800, cacheWrite5m: 50, cacheWrite1h: 0, output: 500 },
				costNanoUsd: null,
				precisionNanoUsd: 0,
				serviceTier: 'batch',
			},
		]);
	});

	it('OpenAI costs: a line item names its model, and more pages are said', () => {
		const amount = { value: 0.06, currency: 'usd' };
		const result = { object: 'organization.costs.result', amount, line_item: 'gpt-5-mini-2025-08-07, cached input' };
		const read = parseUsageExport(page([result], { has_more: true }));
		expect(read.isIncomplete).toBe(true);
		expect(read.rows[0]).toMatchObject({ model: 'gpt-5-mini-2025-08-07', costNanoUsd: 60_000_000, tokens: null });
	});

	it('Anthropic usage report: writes by their life', () => {
		const result = {
			uncached_input_tokens: 1500,
			cache_creation: { ephemeral_1h_input_tokens: 1000, ephemeral_5m_input_tokens: 500 },
			cache_read_input_tokens: 200,
			output_tokens: 500,
			server_tool_use: { web_search_requests: 10 },
			model: 'claude-opus-4-5-20251101',
			service_tier: 'batch',
		};
		const [row] = parseUsageExport(anthropic([result])).rows;
		expect(row?.tokens).toEqual({ input: 1500, cacheRead: 200, cacheWrite5m: 500, cacheWrite1h: 1000, output: 500 });
		expect(row).toMatchObject({ model: 'claude-opus-4-5-20251101', requests: null, serviceTier: 'batch' });
	});

	it('Anthropic cost report: amounts are cents as decimal text, not dollars', () => {
		const result = { amount: '123.78912', currency: 'USD', model: 'claude-opus-4-5', cost_type: 'tokens' };
		expect(parseUsageExport(anthropic([result])).rows[0]?.costNanoUsd).toBe(1_237_891_200);
	});

	it.each([
		['{"data": [', /begins like JSON/],
		['{"data": 3}', /\$\.data is 3\. Expected a list/],
		['{"data": []}', /no buckets/],
		[page([{ odd: 1 }]), /\$\.data\[0\]\.results\[0\] is no result that is known \(it has odd\)/],
		[page([{ input_tokens: -5, output_tokens: 1, num_model_requests: 1 }]), /results\[0\]\.input_tokens is -5/],
		[
			page([{ input_tokens: 5, input_cached_tokens: 9, num_model_requests: 1 }]),
			/results\[0\]\.input_tokens is 5, less than the 9 cached/,
		],
		[anthropic([{ amount: 'NaN', currency: 'USD' }]), /amount is "NaN"/],
		[anthropic([{ amount: '1', currency: 'EUR' }]), /results\[0\]\.currency is "EUR"\. Only USD/],
		[
			anthropic([
				{ uncached_input_tokens: 1, output_tokens: 1 },
				{ amount: '1', currency: 'USD' },
			]),
			/files of their own/,
		],
		[JSON.stringify({ starting_at: '2025-11-01', ending_at: '2025-12-01', results: [] }), /within one UTC day/],
	])('what cannot be read says where and why: %s', (text, message) => {
		expect(() => parseUsageExport(text)).toThrow(message);
	});
});

describe('CSV', () => {
	it('Anthropic’s console usage file', () => {
		const text =
			'usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed\n' +
			'2026-08-05,claude-opus-5,"my, app",Default,standard,≤ 200k,46981,15969,7,11,16932,0,global,\n';
		const read = parseUsageExport(text);
		expect(read).toMatchObject({ provider: 'anthropic', from: Date.UTC(2026, 7, 5), to: Date.UTC(2026, 7, 6) });
		expect(read.rows[0]).toMatchObject({
			model: 'claude-opus-5',
			serviceTier: 'standard',
			costNanoUsd: null,
			tokens: { input: 46_981, cacheRead: 11, cacheWrite5m: 15_969, cacheWrite1h: 7, output: 16_932 },
		});
	});

	it('OpenAI’s dashboard files, with tabs and days without usage', () => {
		const usage =
			'start_time\tend_time\tstart_time_iso\tnum_model_requests\tmodel\tbatch\tservice_tier\tinput_tokens\toutput_tokens\tinput_cached_tokens\n' +
			'1759622400\t1759708800\t2025-10-05T00:00:00+00:00\t3\tgpt-5-mini-2025-08-07\tfalse\tdefault\t900\t40\t400\n' +
			'1759708800\t1759795200\t2025-10-06T00:00:00+00:00\t\t\t\t\t\t\t\n';
		const read = parseUsageExport(usage);
		expect(read.rows).toHaveLength(1);
		expect(read.to).toBe(Date.UTC(2025, 9, 7));
		expect(read.rows[0]?.tokens).toMatchObject({ input: 500, cacheRead: 400, output: 40 });
		const costs =
			'start_time,amount_value,amount_currency,line_item\n1759622400,0.8958740000000000,usd,"gpt-5-mini-2025-08-07, input"\n';
		expect(parseUsageExport(costs).rows[0]).toMatchObject({ costNanoUsd: 895_874_000, precisionNanoUsd: 1 });
	});

	it('other headers by a word for each, amounts as spreadsheets write them', () => {
		const text = 'Day;Engine;Paid\n2026-01-31;claude-opus-4-5;"$1,234.50"\n';
		const read = parseUsageExport(text, { columns: 'date=Day,model=Engine,cost=Paid' });
		expect(read.rows[0]).toMatchObject({ costNanoUsd: 1_234_500_000_000, precisionNanoUsd: 5_000_000 });
	});

	it.each([
		['', undefined, /empty/],
		['date,model,cost\n', undefined, /no line below/],
		['when,who\n1,2\n', undefined, /Line 1: no column is known to be date or input, output or cost/],
		['date,model,cost\n2026-02-30,gpt-4,1\n', undefined, /Line 2, date is "2026-02-30"/],
		['date,model,cost\n2026-02-20,gpt-4,abc\n', undefined, /Line 2, cost is "abc"/],
		['date,model,input_tokens\n2026-02-20,gpt-4,-1\n', undefined, /Line 2, input is "-1"/],
		['date,model,input_tokens\n2026-02-20,gpt-4,1.5\n', undefined, /Line 2, input is "1.5"/],
		['date,model,cost\n2026-02-20,"gpt-4,1\n', undefined, /Line 2: a quoted cell never ends/],
		['date,model,cost\n2026-02-20,"gpt"-4,1\n', undefined, /Line 2: something follows a closing quote/],
		['date,model,cost\n\n2026-02-20,"gpt\n4",1\n2026-02-21,gpt-4,x\n', undefined, /Line 5, cost is "x"/],
		['date,model,cost\n2026-02-20,gpt-4,1\n', 'modell=model', /Did you mean "model"/],
		['date,model,cost\n2026-02-20,gpt-4,1\n', 'model=Engine', /no column "Engine"/],
		['date,model,cost,currency\n2026-02-20,gpt-4,1,EUR\n', undefined, /Only USD/],
		['date,model,input_tokens,cached_tokens\n2026-02-20,gpt-4,5,9\n', undefined, /less than the 9 cached/],
	])('what cannot be read says the line and the reason: %j', (text, columns, message) => {
		expect(() => parseUsageExport(text, { columns })).toThrow(message);
	});

	it('a provider that contradicts the file is refused', () => {
		const text = page([{ input_tokens: 5, output_tokens: 1, num_model_requests: 1 }]);
		expect(() => parseUsageExport(text, { provider: 'anthropic' })).toThrow(/The file is openai's/);
	});
});
