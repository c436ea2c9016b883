import { type BuiltinRow, OPENROUTER_P50, rankedByIndex, SPECIFICATION } from './builtin-row.ts';

/** What the sizes and generations have in common; a row says what is different. */
const LARGE = {
	strengths: ['architecture', 'code-generation', 'creative', 'analysis'],
	tokens: [1_050_000, 128_000],
} satisfies Partial<BuiltinRow>;
const MEDIUM = {
	strengths: ['code-generation', 'analysis', 'coordination', 'debugging', 'refactoring'],
	tokens: [1_050_000, 128_000],
} satisfies Partial<BuiltinRow>;
const SMALL = {
	strengths: ['simple-task', 'documentation', 'factual'],
	tokens: [1_050_000, 128_000],
} satisfies Partial<BuiltinRow>;

const GPT_4O = { tokens: [128_000, 16_384], abilities: '-vus' } satisfies Partial<BuiltinRow>;
const GPT_4_1 = { tokens: [1_047_576, 32_768], abilities: '-vus' } satisfies Partial<BuiltinRow>;
const GPT_5 = { tokens: [400_000, 128_000] } satisfies Partial<BuiltinRow>;

/** Models of OpenAI. The first two have the strengths of the specification's list, which their successors take over by default. */
export const BUILTIN_OPENAI: readonly BuiltinRow[] = [
	{
		name: 'gpt-4',
		id: 'gpt-4-turbo',
		modelId: 'gpt-4-turbo-2024-04-09',
		strengths: ['analysis', 'creative'],
		quality: 92,
		qualitySource: SPECIFICATION,
		speed: [2500, 1000, 30],
		tokens: [128_000, 4096],
		abilities: '-vu-',
	},
	{
		name: 'gpt-3.5',
		id: 'gpt-3.5-turbo',
		strengths: ['simple-task', 'factual'],
		aliases: ['gpt-3.5-turbo-0125'],
		quality: 75,
		qualitySource: SPECIFICATION,
		speed: [1000, 400, 90],
		tokens: [16_385, 4096],
		abilities: '--u-',
	},
	{ ...LARGE, ...GPT_4O, name: 'gpt-4o', modelId: 'gpt-4o-2024-08-06', quality: 84, speed: [1200, 500, 100] },
	{ ...SMALL, ...GPT_4O, name: 'gpt-4o-mini', modelId: 'gpt-4o-mini-2024-07-18', quality: 74, speed: [900, 450, 90] },
	{ ...LARGE, ...GPT_4_1, name: 'gpt-4.1', modelId: 'gpt-4.1-2025-04-14', quality: 86, speed: [1200, 500, 90] },
	{
		...SMALL,
		...GPT_4_1,
		name: 'gpt-4.1-mini',
		modelId: 'gpt-4.1-mini-2025-04-14',
		quality: 79,
		speed: [900, 400, 100],
	},
	{
		...SMALL,
		...GPT_4_1,
		name: 'gpt-4.1-nano',
		modelId: 'gpt-4.1-nano-2025-04-14',
		quality: 70,
		speed: [700, 300, 130],
	},
	{ ...LARGE, ...GPT_5, name: 'gpt-5', modelId: 'gpt-5-2025-08-07', quality: 92, speed: [3500, 2500, 80] },
	{ ...MEDIUM, ...GPT_5, name: 'gpt-5-mini', modelId: 'gpt-5-mini-2025-08-07', quality: 86, speed: [2200, 1400, 90] },
	{ ...SMALL, ...GPT_5, name: 'gpt-5-nano', modelId: 'gpt-5-nano-2025-08-07', quality: 76, speed: [1500, 900, 150] },
	{ ...LARGE, ...GPT_5, name: 'gpt-5.1', modelId: 'gpt-5.1-2025-11-13', quality: 92.5, speed: [2800, 1800, 80] },
	{ ...LARGE, ...GPT_5, name: 'gpt-5.2', modelId: 'gpt-5.2-2025-12-11', quality: 93.5, speed: [2800, 1800, 80] },
	{ ...LARGE, name: 'gpt-5.4', modelId: 'gpt-5.4-2026-03-05', quality: 94.5, speed: [2800, 1700, 80] },
	{
		...MEDIUM,
		...GPT_5,
		name: 'gpt-5.4-mini',
		modelId: 'gpt-5.4-mini-2026-03-17',
		quality: 88,
		speed: [1600, 900, 110],
	},
	{
		...SMALL,
		...GPT_5,
		name: 'gpt-5.4-nano',
		modelId: 'gpt-5.4-nano-2026-03-17',
		quality: 79,
		speed: [1000, 600, 160],
	},
	{
		...LARGE,
		name: 'gpt-5.5',
		modelId: 'gpt-5.5-2026-04-23',
		quality: 95.5,
		speed: [2800, 1700, 75],
		tokens: [1_000_000, 128_000],
	},
	{ ...LARGE, name: 'gpt-5.6-sol', quality: 96, speed: [2700, 1600, 80] },
	{ ...MEDIUM, name: 'gpt-5.6-terra', quality: 92, speed: [2000, 1100, 95] },
	{ ...MEDIUM, name: 'gpt-6.1-terra', quality: 94, speed: [1700, 900, 110] },
	{ ...SMALL, name: 'gpt-5.6-luna', quality: 85, speed: [1000, 500, 140] },
	{
		...LARGE,
		name: 'gpt-6-astra',
		quality: 97,
		qualitySource: rankedByIndex(52.7),
		speed: [4800, 2760, 49],
		speedSource: OPENROUTER_P50,
	},
	{ ...LARGE, name: 'gpt-6-sol', quality: 96.5, speed: [2500, 1500, 85] },
	{ ...LARGE, name: 'gpt-6.1-sol', quality: 96.8, speed: [2500, 1500, 85] },
	{ ...SMALL, name: 'gpt-6-luna', quality: 86, speed: [900, 450, 150] },
];
