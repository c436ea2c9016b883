import type { SimulatedModel } from '../../../src/testing.ts';

/** The formats in which callers ask, and the library. */
const WAYS = ['messages', 'chat', 'responses', 'gemini', 'library'] as const;
/** How a request is made. */
export type Way = (typeof WAYS)[number];

/** One request, as its caller thinks of it. */
export interface MonthRequest {
	id: string;
	way: Way;
	model: string;
	isStream: boolean;
	maxTokens: number | null;
	system: string | null;
	/** A person's and the model's turns by turns, a person's last. */
	turns: string[];
	tools: number;
	image: 'data' | 'url' | null;
	pages: number;
	/** Searches that it permits; `null`: none is offered. */
	searches: number | null;
	answers: number;
	thinking: number | null;
	serviceTier: string | null;
	cacheTtl: '5m' | '1h' | null;
	/** Number of its key. */
	key: number;
	tags: string[];
	session: string | null;
	/** Milliseconds after which its caller leaves: only streams, since of other answers the provider alone knows how far it was. */
	leavesAfterMs: number | null;
	/** How its calls are answered, in order; the last one stands for all that follow. */
	script: SimulatedModel[];
}

/** Draws from one seed, always the same. */
export interface Dice {
	next(): number;
	below(count: number): number;
	pick<Value>(values: readonly Value[]): Value;
	chance(probability: number): boolean;
	/** The value, as often as the probability says; else `null`. */
	maybe<Value>(probability: number, value: Value): Value | null;
}

/** Dice of a seed (mulberry32). */
export function createDice(seed: number): Dice {
	let state = seed >>> 0;
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	const below = (count: number) => Math.floor(next() * count);
	return {
		next,
		below,
		pick: (values) => values[below(values.length)] as (typeof values)[number],
		chance: (probability) => next() < probability,
		maybe: (probability, value) => (next() < probability ? value : null),
	};
}

const SCRIPTS = [
	'The quick brown fox jumps over the lazy dog and reads the minutes of the meeting. ',
	'const total = items.reduce((sum, { price }) => sum + price, 0);\n\treturn total;\n',
	'敏捷的棕色狐狸跳过了懒狗。素早い茶色の狐がのろまな犬を飛び越える。',
	'สวัสดีชาวโลก नमस्ते दुनिया مرحبا بالعالم ',
	'👩‍👩‍👧‍👦 🇩🇪 🏳️‍🌈 ',
	'9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ',
	'====----____\n\n\n',
];

function writeText(dice: Dice): string {
	const script = dice.pick(SCRIPTS);
	const length = dice.chance(0.03) ? 40_000 : dice.chance(0.2) ? 4000 : 300;
	return script.repeat(1 + dice.below(Math.ceil(length / script.length)));
}

const NAMED = [
	'opus',
	'sonnet',
	'haiku',
	'claude-sonnet-4-6',
	'gpt-5',
	'gpt-5-mini',
	'gpt-4o',
	'gemini-2.5-pro',
	'gemini-2.5-flash',
];

const WHOLE_FAULTS = [
	'429',
	'529',
	'500',
	'401',
	'reset',
	'hang',
	'empty',
	'garbage',
	'no-usage',
	'impossible-usage',
	'content-filter',
] as const;
const STREAM_FAULTS = [
	'429',
	'529',
	'reset',
	'hang',
	'cut',
	'stall',
	'no-done',
	'no-finish',
	'stream-error',
	'no-usage',
	'no-usage',
	'impossible-usage',
	'duplicate-finish',
] as const;

/** The library does not know the length of an answer that tells no usage: it charges what was expected. */
const LIBRARY_FAULTS = ['429', '529', '500', '401', 'reset', 'hang'] as const;

/** Tokens a second that a simulated model writes in real time. */
export const TOKENS_PER_SECOND = 1000;

function planAnswer(dice: Dice, way: Way, isStream: boolean, isLast: boolean): SimulatedModel {
	const words = dice.chance(0.1) ? 600 : 80;
	const reasoningTokens = dice.chance(0.2) ? 20 + dice.below(200) : undefined;
	const fault =
		!isLast && dice.chance(0.7)
			? dice.pick(way === 'library' ? LIBRARY_FAULTS : isStream ? STREAM_FAULTS : WHOLE_FAULTS)
			: undefined;
	return {
		text: Array.from({ length: 1 + dice.below(words) }, () =>
			dice.pick(['word', 'answer', '懒狗', 'sum(items)', 'antidisestablishmentarianism', '👩‍👧']),
		).join(' '),
		tokensPerSecond: TOKENS_PER_SECOND,
		...(reasoningTokens !== undefined && { reasoningTokens, firstTokenMs: reasoningTokens }),
		...(fault !== undefined && { afterwards: fault }),
		...(dice.chance(0.2) && { serviceTier: 'priority' as const }),
		searches: dice.below(4),
		ignoresLimit: isStream && dice.chance(0.15),
	};
}

/** Draws one request. */
export function drawRequest(dice: Dice, number: number): MonthRequest {
	const way = dice.pick(WAYS);
	const isStream = way !== 'library' && dice.chance(0.6);
	const isTroubled = dice.chance(0.25);
	const count = isTroubled ? 1 + dice.below(2) : 0;
	return {
		id: `r${number}`,
		way,
		model: dice.chance(0.3) ? 'auto' : dice.pick(NAMED),
		isStream,
		maxTokens: dice.maybe(0.7, 20 + dice.below(600)),
		system: dice.maybe(0.4, writeText(dice)),
		turns: Array.from({ length: dice.chance(0.05) ? 41 : 1 + 2 * dice.below(3) }, () =>
			writeText(dice).slice(0, 40_000),
		),
		tools: dice.chance(0.2) ? 1 + dice.below(12) : 0,
		image: dice.chance(0.1) ? dice.pick(['data', 'url']) : null,
		pages: dice.chance(0.04) ? 1 + dice.below(3) : 0,
		searches: dice.maybe(0.05, 1 + dice.below(3)),
		answers: dice.chance(0.1) ? 2 + dice.below(2) : 1,
		thinking: dice.maybe(0.1, 1024),
		serviceTier: dice.maybe(0.1, 'priority'),
		cacheTtl: dice.chance(0.2) ? dice.pick(['5m', '1h']) : null,
		key: dice.below(3),
		tags: dice.chance(0.4) ? ['nightly'] : [],
		session: dice.maybe(0.3, `s${dice.below(20)}`),
		leavesAfterMs: isStream ? dice.maybe(0.12, 5 + dice.below(60)) : null,
		script: [
			...Array.from({ length: count }, () => planAnswer(dice, way, isStream, false)),
			planAnswer(dice, way, isStream, true),
		],
	};
}
