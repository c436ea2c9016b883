import { type Api, type Behaviour, FAST_STREAM, JSON_ANSWER, PACED_STREAM } from '../mock/behaviour.ts';

/** One kind of request, and how the mock answers it. */
export interface Scenario {
	name: string;
	api: Api;
	bodyBytes: number;
	/** Turns of a conversation, each with 2 KB more than the one before; then it begins again. @default 1: all requests are alike */
	turns?: number;
	kind: 'small' | 'large' | 'stream';
	isStream: boolean;
	/** The mock's behaviour while latencies are measured. */
	paced: Behaviour;
	/** The mock's behaviour while throughput is measured. */
	fast: Behaviour;
}

const KIB = 1024;

function scenariosOf(api: Api, prefix: string): Scenario[] {
	const json = { api, isStream: false, paced: JSON_ANSWER, fast: JSON_ANSWER };
	return [
		{ ...json, kind: 'small', name: `${prefix}small`, bodyBytes: KIB },
		{ ...json, kind: 'large', name: `${prefix}large`, bodyBytes: 100 * KIB },
		{ ...json, kind: 'large', name: `${prefix}growing`, bodyBytes: 100 * KIB, turns: 32 },
		{
			kind: 'stream',
			name: `${prefix}stream`,
			api,
			bodyBytes: KIB,
			isStream: true,
			paced: PACED_STREAM,
			fast: FAST_STREAM,
		},
	];
}

const ALL: readonly Scenario[] = [...scenariosOf('openai', 'openai-'), ...scenariosOf('anthropic', 'anthropic-')];

/** What is measured when nothing else is said. */
export const DEFAULT_SCENARIOS: string = ALL.map(({ name }) => name).join(',');

/** The text that ends a stream. */
export const END_MARKS: Readonly<Record<Api, string>> = { openai: '[DONE]', anthropic: 'message_stop' };

/** The scenarios of these names. */
export function scenariosNamed(names: readonly string[]): Scenario[] {
	return names.map((name) => {
		const scenario = ALL.find((one) => one.name === name);
		if (scenario === undefined) throw new Error(`there is no scenario "${name}". Known: ${DEFAULT_SCENARIOS}`);
		return scenario;
	});
}
