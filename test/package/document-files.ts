import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const START = Date.UTC(2026, 10, 3) / 1000;
const bucket = (result: object) => ({ start_time: START, end_time: START + 86_400, results: [result] });
const page = (result: object) => ({ object: 'page', data: [bucket(result)], has_more: false, next_page: null });
const usage = page({
	object: 'organization.usage.completions.result',
	model: 'gpt-5-mini-2025-08-07',
	input_tokens: 1000,
	output_tokens: 200,
	input_cached_tokens: 0,
	num_model_requests: 3,
});
const costs = page({
	object: 'organization.costs.result',
	amount: { value: 0.00065, currency: 'usd' },
	line_item: 'gpt-5-mini-2025-08-07, input',
});
const price = { inputUsdPerMTok: 1, outputUsdPerMTok: 5, source: 'contract', asOf: '2026-11-01' };

/** Files that the documents' commands name, as a reader would have them. `provider` answers in place of the real ones. */
export function writeDocumentFiles(folder: string, provider: string): void {
	const address = `${provider}/v1`;
	const files = {
		'usage.csv': 'date,model,uncached,output,cost_usd\n2026-11-03,claude-opus-4-5-20251101,5000,900,0.0475\n',
		'usage.json': JSON.stringify(usage),
		'costs.json': JSON.stringify(costs),
		'openai-usage.json': JSON.stringify(usage),
		'invoice.csv': 'Day,Engine,Paid\n2026-11-03,gpt-5-mini-2025-08-07,0.00065\n',
		'my-prices.json': JSON.stringify({ models: { haiku: [price] } }),
		'app.js': `import OpenAI from 'openai';\nconst input = 'Say hello';\nconst answer = await new OpenAI().responses.create({ model: 'auto', input });\nconsole.log(answer.output_text);\n`,
		'tasks.jsonl': '{ "id": "sum", "prompt": "What is 2 + 2?", "type": "factual", "check": { "match": "4" } }\n',
		'tasks.txt': 'Fix the login bug\nDesign a cache\n',
		'config.yaml': `model_list:\n  - model_name: small\n    litellm_params: { model: openai/gpt-5-mini, api_base: "${address}", api_key: os.environ/OPENAI_API_KEY }\n`,
		'.claude-code-router/config.json': JSON.stringify({
			Providers: [
				{
					name: 'openai',
					api_base_url: `${address}/chat/completions`,
					api_key: '$OPENAI_API_KEY',
					models: ['gpt-5-mini'],
				},
			],
			Router: { default: 'openai,gpt-5-mini', background: 'openai,gpt-5-mini' },
		}),
	};
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, name)), { recursive: true });
		writeFileSync(join(folder, name), text);
	}
}
