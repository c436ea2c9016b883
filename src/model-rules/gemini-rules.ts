/** What Google's API takes in a request for one of its models. */
export interface GeminiRules {
	family: 'google';
	/** Thinking is set by a budget of tokens, by a level, or not at all. */
	thinking: 'budget' | 'level' | 'none';
	/** Levels of thinking, ascending. */
	levels: readonly string[];
	/** Thinking can be switched off (a budget of 0). */
	canSwitchOff: boolean;
	/** The smallest budget of thinking, tokens. */
	minBudget: number;
	/** The largest budget of thinking, tokens. */
	maxBudget: number;
	/** `presencePenalty` and `frequencyPenalty` are accepted. */
	penalties: boolean;
	/** A function's response may hold files. Source: https://ai.google.dev/gemini-api/docs/function-calling#multimodal (2026-11-29) */
	filesInResults: boolean;
}

/** As many stop sequences as a request may have. Source: https://ai.google.dev/api/generate-content#generationconfig (2026-11-28) */
export const MAX_GEMINI_STOP_SEQUENCES = 5;

const GEMINI_2: GeminiRules = {
	family: 'google',
	thinking: 'none',
	levels: [],
	canSwitchOff: true,
	minBudget: 0,
	maxBudget: 0,
	penalties: true,
	filesInResults: false,
};
const GEMINI_2_5: GeminiRules = { ...GEMINI_2, thinking: 'budget', maxBudget: 24_576, penalties: false };
const GEMINI_3_PRO: GeminiRules = {
	...GEMINI_2,
	thinking: 'level',
	levels: ['low', 'medium', 'high'],
	canSwitchOff: false,
	filesInResults: true,
};
const GEMINI_3: GeminiRules = { ...GEMINI_3_PRO, levels: ['minimal', 'low', 'medium', 'high'] };

/**
 * The rules of each generation; the first pattern that a model's id matches counts. Sources, read 2026-11-28:
 * https://ai.google.dev/gemini-api/docs/thinking and https://ai.google.dev/gemini-api/docs/gemini-3; penalties and levels
 * also by the table of @ai-sdk/google 4.0.121.
 */
export const GEMINI_RULES: ReadonlyArray<readonly [id: RegExp, rules: GeminiRules]> = [
	[/^(?:gemini-(?:1|2\.0|pro(?:-vision)?$|embedding)|gemma|learnlm)/, GEMINI_2],
	[/^gemini-2\.5-pro/, { ...GEMINI_2_5, canSwitchOff: false, minBudget: 128, maxBudget: 32_768 }],
	[/^gemini-2\.5-flash-lite/, { ...GEMINI_2_5, minBudget: 512 }],
	[/^gemini-2/, GEMINI_2_5],
	[/^gemini-4-hydrogen/, { ...GEMINI_3_PRO, levels: ['low', 'medium', 'high', 'xhigh'] }],
	[/^gemini-(?:[\d.]*-?pro|flash-latest|(?:3\.[7-9]|[4-9]\.\d)-flash(?!-lite))/, GEMINI_3_PRO],
	[/^gemini-/, GEMINI_3],
];
