import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { BUILTIN_MODELS, resolvePriceSheet, resolvePricing } from '../../../src/catalog/index.ts';
import type { PricingRates, RateTable, Usage } from '../../../src/contracts/index.ts';
import type { SimulatedTokenizer } from '../../../src/testing.ts';

/** How the provider of a model counts: OpenAI's own tokenizer, and more or fewer tokens for the same text elsewhere. */
function getRatio(model: string): number {
	if (model.startsWith('claude')) return 1.35;
	return model.startsWith('gemini') ? 1.15 : 1;
}

const NO_SPECIAL = { disallowedSpecial: new Set<string>() };
const counted = new Map<string, number>();

function countOnce(text: string): number {
	if (text.length < 200) return countTokens(text, NO_SPECIAL);
	const known = counted.get(text) ?? countTokens(text, NO_SPECIAL);
	if (counted.size > 5000) counted.clear();
	counted.set(text, known);
	return known;
}

/** What a file takes: an image by its pixels, a document by its pages, each as text and as an image. */
function countFile(data: string, model: string): number {
	const bytes = Buffer.from(data.slice(data.indexOf(',') + 1), 'base64');
	if (bytes.toString('latin1', 0, 4) === '%PDF')
		return (bytes.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 1) * 3000;
	const pixels = bytes.readUInt32BE(16) * bytes.readUInt32BE(20);
	if (model.startsWith('claude')) return Math.min(1600, Math.ceil(pixels / 750));
	return model.startsWith('gemini')
		? 258 * Math.ceil(pixels / (768 * 768))
		: 85 + 170 * Math.min(8, Math.ceil(pixels / (512 * 512)));
}

/** An image at an address is the largest that a provider takes. */
const LARGEST_IMAGE = 1500;
const MESSAGE_TOKENS = 4;
const TOOL_USE_TOKENS = 346;

function countValue(value: unknown, model: string, name = ''): number {
	if (typeof value === 'string') {
		if (/^(?:data|url|image_url|file_data)$/.test(name) && /^data:|^[A-Za-z0-9+/=]{60,}$/.test(value))
			return countFile(value, model);
		return /^https:/.test(value) ? LARGEST_IMAGE : countOnce(value);
	}
	if (typeof value !== 'object' || value === null) return 0;
	const marks = 'role' in value ? MESSAGE_TOKENS : 0;
	return Object.entries(value).reduce((sum, [key, inner]) => sum + countValue(inner, model, key), marks);
}

/** What the provider reads of a request, whatever its format. */
const READ_FIELDS = ['system', 'systemInstruction', 'instructions', 'messages', 'contents', 'input'];

/** Counts as providers do, and not as the product does. */
export const PROVIDER_TOKENIZER: SimulatedTokenizer = {
	countText: (text, model) => Math.max(1, Math.ceil(countOnce(text) * getRatio(model))),
	countInput(body, model) {
		const fields = Object.entries(body as Record<string, unknown>);
		const read = fields.filter(([name]) => READ_FIELDS.includes(name)).map(([, value]) => countValue(value, model));
		const tools = fields
			.filter(([name]) => name === 'tools')
			.map(([, value]) => countOnce(JSON.stringify(value)) + TOOL_USE_TOKENS);
		return Math.ceil([...read, ...tools].reduce((sum, tokens) => sum + tokens, 3) * getRatio(model));
	},
};

function chooseRates(table: RateTable, inputTokens: number): PricingRates {
	const passed = (table.tiers ?? []).filter(({ aboveInputTokens }) => inputTokens > aboveInputTokens);
	return passed.toSorted((a, b) => b.aboveInputTokens - a.aboveInputTokens)[0] ?? table;
}

/** The invoice for one call, integer nano-dollars: written apart from the product's own arithmetic. */
export function priceBill(modelName: string, usage: Usage, at: number): number {
	const profile = BUILTIN_MODELS.find(({ name }) => name === modelName);
	const pricing = profile === undefined ? null : resolvePricing(profile);
	if (pricing === null) throw new Error(`${modelName} has no price`);
	const sheet = resolvePriceSheet(pricing, at);
	const { serviceTier = 'standard' } = usage;
	const table = serviceTier === 'standard' ? sheet : (sheet.serviceTiers?.[serviceTier] ?? sheet);
	const { cacheReadTokens, cacheWrite1hTokens, cacheWrite5mTokens, inputTokens, outputTokens, reasoningTokens } = usage;
	const rates = chooseRates(table, inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens);
	const write5m = rates.cacheWrite5m ?? rates.input;
	const picoUsd =
		BigInt(inputTokens) * BigInt(rates.input) +
		BigInt(cacheReadTokens) * BigInt(rates.cacheRead ?? rates.input) +
		BigInt(cacheWrite5mTokens) * BigInt(write5m) +
		BigInt(cacheWrite1hTokens) * BigInt(rates.cacheWrite1h ?? write5m) +
		BigInt(outputTokens) * BigInt(rates.output) +
		BigInt(reasoningTokens) * BigInt(rates.reasoning ?? rates.output);
	const uses = Object.entries(usage.perUse ?? {}).reduce(
		(sum, [name, count]) => sum + count * (sheet.perUse?.[name] ?? 0),
		0,
	);
	return Number((picoUsd + 999n) / 1000n) + uses;
}
