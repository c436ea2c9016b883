import {
	type BuiltinRow,
	EDITORIAL,
	INDEX_SNAPSHOT,
	OPENROUTER_P50,
	rankedByIndex,
	SPECIFICATION,
} from './builtin-row.ts';

/** What a line of models has in common; a row says what is different. */
const OPUS = {
	strengths: ['architecture', 'planning', 'analysis', 'code-review', 'creative'],
	tokens: [1_000_000, 128_000],
	speed: [2800, 1400, 60],
} satisfies Partial<BuiltinRow>;
const SONNET = {
	strengths: ['code-generation', 'analysis', 'coordination', 'debugging', 'refactoring'],
	tokens: [1_000_000, 128_000],
} satisfies Partial<BuiltinRow>;
const HAIKU = {
	strengths: ['simple-task', 'documentation', 'factual', 'testing'],
	tokens: [1_000_000, 128_000],
} satisfies Partial<BuiltinRow>;

/** Models of Anthropic. */
export const BUILTIN_ANTHROPIC: readonly BuiltinRow[] = [
	{
		...OPUS,
		name: 'opus',
		id: 'claude-opus-4-5',
		modelId: 'claude-opus-4-5-20251101',
		aliases: ['claude-opus-4.5'],
		quality: 95,
		qualitySource: SPECIFICATION,
		speed: [3000, 1500, 55],
		tokens: [200_000, 64_000],
	},
	{
		...SONNET,
		name: 'sonnet',
		id: 'claude-sonnet-4-5',
		modelId: 'claude-sonnet-4-5-20250929',
		aliases: ['claude-sonnet-4.5'],
		quality: 90,
		qualitySource: SPECIFICATION,
		speed: [2000, 1000, 65],
		tokens: [200_000, 64_000],
	},
	{
		...HAIKU,
		name: 'haiku',
		id: 'claude-haiku-4-5',
		modelId: 'claude-haiku-4-5-20251001',
		aliases: ['claude-haiku-4.5', 'claude-haiku-4', 'claude-haiku-4-20250130'],
		quality: 80,
		qualitySource: SPECIFICATION,
		speed: [800, 400, 150],
		tokens: [200_000, 64_000],
	},
	{ ...OPUS, name: 'claude-opus-4-6', aliases: ['claude-opus-4.6'], quality: 95.5 },
	{ ...OPUS, name: 'claude-opus-4-7', aliases: ['claude-opus-4.7'], quality: 96 },
	{ ...OPUS, name: 'claude-opus-4-8', aliases: ['claude-opus-4.8'], quality: 96.5 },
	{ ...OPUS, name: 'claude-opus-5', quality: 96.8 },
	{
		...OPUS,
		name: 'claude-opus-5-5',
		aliases: ['claude-opus-5.5'],
		quality: 98.5,
		qualitySource: rankedByIndex(57.6),
		speed: [4200, 2800, 73],
		speedSource: OPENROUTER_P50,
	},
	{
		...SONNET,
		name: 'claude-sonnet-4-6',
		aliases: ['claude-sonnet-4.6'],
		quality: 91.5,
		speed: [1900, 950, 70],
		tokens: [1_000_000, 64_000],
	},
	{ ...SONNET, name: 'claude-sonnet-5', quality: 93, speed: [1800, 900, 75] },
	{
		...SONNET,
		name: 'claude-sonnet-5-5',
		quality: 97.8,
		qualitySource: rankedByIndex(56),
		speed: [1800, 900, 130],
		speedSource: `time to first token: ${EDITORIAL}; speed: ${INDEX_SNAPSHOT}`,
	},
	{ ...HAIKU, name: 'claude-haiku-5-5', quality: 88, speed: [900, 450, 160] },
	{ ...OPUS, name: 'claude-fable-5', quality: 97, speed: [3500, 1800, 45] },
	{
		...OPUS,
		name: 'claude-fable-5-1',
		aliases: ['claude-fable-5.1'],
		quality: 97.2,
		qualitySource: rankedByIndex(53.4),
		speed: [3500, 1800, 45],
	},
];
