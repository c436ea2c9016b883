import { type BuiltinRow, OPENROUTER_P50, SPECIFICATION } from './builtin-row.ts';

/** What a line of models has in common; a row says what is different. */
const PRO = {
	strengths: ['architecture', 'code-generation', 'creative', 'analysis'],
	tokens: [1_048_576, 65_536],
} satisfies Partial<BuiltinRow>;
const FLASH = {
	strengths: ['code-generation', 'analysis', 'coordination', 'debugging', 'refactoring'],
	tokens: [1_048_576, 65_536],
	speed: [1200, 600, 180],
} satisfies Partial<BuiltinRow>;
const LITE = {
	strengths: ['simple-task', 'documentation', 'factual'],
	tokens: [1_048_576, 65_536],
} satisfies Partial<BuiltinRow>;

/** Models of Google. The first two have the strengths of the specification's list, which their successors take over by default. */
export const BUILTIN_GOOGLE: readonly BuiltinRow[] = [
	{
		name: 'gemini-pro',
		id: 'gemini-pro-1.5',
		modelId: 'gemini-1.5-pro',
		priceKey: 'gemini-1.5-pro',
		aliases: ['gemini-1.5-pro-002'],
		strengths: ['analysis'],
		quality: 88,
		qualitySource: SPECIFICATION,
		speed: [2000, 900, 60],
		tokens: [1_000_000, 8192],
		abilities: '-vus',
	},
	{
		name: 'gemini-flash',
		id: 'gemini-flash-1.5',
		modelId: 'gemini-1.5-flash',
		priceKey: 'gemini-1.5-flash',
		aliases: ['gemini-1.5-flash-002'],
		strengths: ['simple-task', 'factual'],
		quality: 78,
		qualitySource: SPECIFICATION,
		speed: [600, 300, 150],
		tokens: [1_000_000, 8192],
		abilities: '-vus',
	},
	{ ...PRO, name: 'gemini-2.5-pro', quality: 91, speed: [3000, 2000, 120] },
	{ ...LITE, name: 'gemini-2.5-flash', quality: 83, speed: [900, 400, 200] },
	{ ...LITE, name: 'gemini-2.5-flash-lite', quality: 77, speed: [850, 350, 199], speedSource: OPENROUTER_P50 },
	{ ...PRO, name: 'gemini-3.1-pro-preview', quality: 95, speed: [3000, 1900, 110] },
	{ ...LITE, name: 'gemini-3.1-flash-lite', quality: 82, speed: [700, 350, 240] },
	{ ...FLASH, name: 'gemini-3.5-flash', quality: 91 },
	{ ...FLASH, name: 'gemini-3.6-flash', quality: 91.2 },
	{ ...LITE, name: 'gemini-3.5-flash-lite', quality: 84, speed: [700, 350, 240] },
	{ ...FLASH, name: 'gemini-3.8-flash', quality: 91.5 },
];
