import { resolveLatency } from '../catalog/index.ts';
import type { ModelProfile } from '../contracts/index.ts';
import { BoundedMap, isObject, type JsonObject, SECOND_MS } from '../util/index.ts';

/** How much a model was asked to think before it answers; `unasked`: the request says nothing, and the model decides. */
export type ThinkingEffort = 'off' | 'unasked' | 'low' | 'high';

/** What the wait for a first output depends on, beside the model. */
export interface PatienceOptions {
	effort: ThinkingEffort;
	/** As estimated. */
	inputTokens: number;
}

/** Multiple of a model's usual latency after which it counts as silent. */
export const LATENCY_TIMEOUT_FACTOR = 3;

/**
 * How long thinking may take before the first output: a multiple of the configured wait, and the longest that the multiple
 * makes of it, milliseconds. Some models think without streaming their thoughts.
 */
const THINKING_TIMES: Readonly<Record<'briefly' | 'long', { factor: number; maxMs: number }>> = {
	briefly: { factor: 6, maxMs: 60 * SECOND_MS },
	long: { factor: 12, maxMs: 120 * SECOND_MS },
};

/** Milliseconds to read one token of a prompt that is not in the provider's cache: 30 s for 100,000. */
const READING_MS_PER_TOKEN = 0.3;
/** Prompts up to this many tokens are read within the usual time. */
const USUAL_INPUT_TOKENS = 20_000;

/**
 * Models that think though nobody asks them to, by their id. OpenAI's think with effort `medium` by default
 * (https://platform.openai.com/docs/guides/reasoning), Gemini's from 2.5 on by themselves
 * (https://ai.google.dev/gemini-api/docs/thinking), Claude's from Opus 4.7 on where `thinking` is adaptive or cannot be off
 * (https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking); others by their names. Read 2026-11-28.
 */
const THINKERS: readonly RegExp[] = [
	/(?:^|\/)(?:o[1-9]|gpt-[5-9])(?!.*(?:chat|instant))/,
	/gemini-(?:2\.5|[3-9])(?!.*(?:lite|image|tts|live))/,
	/claude-(?:opus-(?:4-[7-9]|[5-9])|fable|mythos)/,
	/reason|think|deepseek-r\d|(?:^|\W)r1(?:\W|$)|qwq|gpt-oss|magistral|grok-(?:3-mini|[4-9])|glm-(?:4\.[5-9]|[5-9])|minimax-m/,
];

/** Whether a model thinks before it answers where the request does not say. */
function thinksUnasked({ modelId, supportsExtendedThinking }: ModelProfile): boolean {
	const id = modelId.toLowerCase();
	return supportsExtendedThinking && THINKERS.some((pattern) => pattern.test(id));
}

/** Milliseconds that a model may think, of a configured wait of `configuredMs`; 0 where it does not. */
export function getThinkingMs(profile: ModelProfile, effort: ThinkingEffort, configuredMs: number): number {
	if (effort === 'off' || (effort === 'unasked' && !thinksUnasked(profile))) return 0;
	const { factor, maxMs } = THINKING_TIMES[effort === 'high' ? 'long' : 'briefly'];
	return Math.min(factor * configuredMs, maxMs);
}

/**
 * How long a stream's first output is waited for at least, milliseconds: the configured time, longer for a model that is
 * slow, that thinks, and for a long prompt.
 */
export function getFirstOutputMs(
	profile: ModelProfile,
	{ effort, inputTokens }: PatienceOptions,
	configuredMs: number,
): number {
	const usualMs = LATENCY_TIMEOUT_FACTOR * resolveLatency(profile).ttftMs;
	const readingMs = READING_MS_PER_TOKEN * Math.max(0, inputTokens - USUAL_INPUT_TOKENS);
	return Math.max(configuredMs, usualMs, getThinkingMs(profile, effort, configuredMs)) + readingMs;
}

/** Kinds of calls that are measured; of more the one used longest ago is forgotten. 96 bytes each. */
const MAX_KINDS = 2_000;
/** Waits are counted in bins, each a quarter wider than the one before. */
const BIN_COUNT = 48;
const SHORTEST_MS = 100;
const BIN_RATIO = 1.25;
/** From so many waits on their distribution is believed. */
const MIN_WAITS = 20;
/** At so many, all are halved: providers change. */
const MAX_WAITS = 1_000;
/** Input tokens up to which prompts are of one size. */
const SIZES: readonly number[] = [8_000, 32_000, 128_000];

/** A call by what its wait for the first output depends on. */
export interface MeasuredCall {
	/** The model and where it was called. */
	target: string;
	/** How much it was asked to think. */
	effort: string;
	/** As estimated. */
	inputTokens: number;
}

function toKey({ effort, inputTokens, target }: MeasuredCall): string {
	const size = SIZES.findIndex((tokens) => inputTokens <= tokens);
	return `${target}\n${effort}\n${size}`;
}

function toBin(waitedMs: number): number {
	const steps = Math.ceil(Math.log(Math.max(1, waitedMs / SHORTEST_MS)) / Math.log(BIN_RATIO));
	return Math.min(BIN_COUNT - 1, steps);
}

/** How long first outputs took, by target, effort and size of the prompt, in memory of a fixed size. */
export class FirstOutputTimes {
	readonly #waits = new BoundedMap<string, { bins: Uint16Array; total: number }>(MAX_KINDS);

	/** Counts a wait that ended with output, milliseconds. */
	observe(call: MeasuredCall, waitedMs: number): void {
		const key = toKey(call);
		const known = this.#waits.get(key);
		const counted = known ?? { bins: new Uint16Array(BIN_COUNT), total: 0 };
		if (known === undefined) this.#waits.set(key, counted);
		const bin = toBin(waitedMs);
		counted.bins[bin] = (counted.bins[bin] ?? 0) + 1;
		counted.total += 1;
		if (counted.total < MAX_WAITS) return;
		counted.total = 0;
		counted.bins.forEach((count, index) => {
			counted.bins[index] = count >> 1;
			counted.total += count >> 1;
		});
	}

	/** Milliseconds within which 99 of 100 first outputs came, up to a quarter too many; `null` while too few were seen. */
	estimateP99(call: MeasuredCall): number | null {
		const counted = this.#waits.get(toKey(call));
		if (counted === undefined || counted.total < MIN_WAITS) return null;
		let left = Math.floor(counted.total / 100);
		let bin = BIN_COUNT - 1;
		while (bin > 0 && (counted.bins[bin] ?? 0) <= left) {
			left -= counted.bins[bin] ?? 0;
			bin -= 1;
		}
		return SHORTEST_MS * BIN_RATIO ** bin;
	}
}

/** Of the time in which 99 of 100 first outputs came: how much longer one is waited for. */
const LEARNED_FACTOR = 1.5;
/** Of the wait without learning: how much longer learning may make it, so that a provider that grows silent is left. */
const MAX_LEARNED_FACTOR = 3;
/** Tokens of thinking up to which a budget stands for a low effort. */
const LOW_BUDGET_TOKENS = 6_000;

const LOW_EFFORTS: ReadonlySet<string> = new Set(['low']);
const NO_EFFORTS: ReadonlySet<string> = new Set(['none', 'minimal', 'disabled']);

function memberOf(value: unknown, ...names: string[]): unknown {
	for (const name of names) {
		const member = isObject(value) ? value[name] : undefined;
		if (member !== undefined && member !== null) return member;
	}
	return undefined;
}

/** How much a request asks a model to think, in whichever of the wire formats it is. */
export function readThinkingEffort(body: JsonObject): ThinkingEffort {
	const gemini = memberOf(memberOf(body, 'generationConfig', 'generation_config'), 'thinkingConfig', 'thinking_config');
	const budget =
		memberOf(memberOf(body, 'thinking'), 'budget_tokens') ?? memberOf(gemini, 'thinkingBudget', 'thinking_budget');
	const form = memberOf(memberOf(body, 'thinking'), 'type');
	const effort =
		memberOf(body, 'reasoning_effort') ??
		memberOf(memberOf(body, 'reasoning'), 'effort') ??
		memberOf(memberOf(body, 'output_config'), 'effort') ??
		memberOf(gemini, 'thinkingLevel', 'thinking_level');
	const word = String(effort ?? '').toLowerCase();
	if (form === 'disabled' || budget === 0 || NO_EFFORTS.has(word)) return 'off';
	if (LOW_EFFORTS.has(word) || (typeof budget === 'number' && budget > 0 && budget < LOW_BUDGET_TOKENS)) return 'low';
	return effort !== undefined || budget !== undefined || form !== undefined ? 'high' : 'unasked';
}

/** How long the first output of a stream is waited for, and where its wait is counted. */
export interface Patience {
	firstOutputMs: number;
	/** Called once with the milliseconds that the first output took. */
	onFirstOutput(waitedMs: number): void;
}

/** The patience with one call: what its model, effort and prompt need, and longer where such calls were seen to take longer. */
export function planPatience(
	{ deployment, profile }: { deployment: string; profile: ModelProfile },
	options: PatienceOptions,
	{ configuredMs, times }: { configuredMs: number; times: FirstOutputTimes },
): Patience {
	const call = { ...options, target: `${profile.name}@${deployment}` };
	const ownMs = getFirstOutputMs(profile, options, configuredMs);
	const learnedMs = LEARNED_FACTOR * (times.estimateP99(call) ?? 0);
	return {
		firstOutputMs: Math.max(ownMs, Math.min(learnedMs, MAX_LEARNED_FACTOR * ownMs)),
		onFirstOutput: (waitedMs) => times.observe(call, waitedMs),
	};
}
