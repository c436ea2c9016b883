import type { WireFormatName } from '../../../src/contracts/index.ts';

/** A format in which callers ask. */
export type CallerFormatName = WireFormatName;

/** What a request asks for. */
export interface RequestOptions {
	/** Names of the caller's tools. */
	tools?: readonly string[];
	isStream?: boolean;
	headers?: Record<string, string>;
	/** Members to add to the body, or to change. */
	body?: Record<string, unknown>;
	/** Answers to ask for, where the format can. */
	answers?: number | undefined;
}

const SCHEMA = { type: 'object', properties: {}, additionalProperties: true };

/** Writes a tool as each format says it. */
const TOOLS: Readonly<Record<CallerFormatName, (names: readonly string[]) => unknown[]>> = {
	'anthropic-messages': (names) => names.map((name) => ({ name, input_schema: SCHEMA })),
	'openai-chat': (names) => names.map((name) => ({ type: 'function', function: { name, parameters: SCHEMA } })),
	'openai-responses': (names) => names.map((name) => ({ type: 'function', name, parameters: SCHEMA, strict: false })),
	gemini: (names) => [{ functionDeclarations: names.map((name) => ({ name, parametersJsonSchema: SCHEMA })) }],
};

type Options = RequestOptions & { model: string; isStream: boolean };

/** A request for thought and an answer as long as may be. */
export function createCallerRequest(
	caller: CallerFormatName,
	prompt: string,
	{ answers, body: more = {}, isStream, model, tools = [] }: Options,
): { path: string; body: Record<string, unknown> } {
	const offered = tools.length === 0 ? {} : { tools: TOOLS[caller](tools) };
	const messages = [{ role: 'user', content: prompt }];
	const common = { model, stream: isStream, ...offered, ...more };
	switch (caller) {
		case 'anthropic-messages':
			return { path: '/v1/messages', body: { ...common, max_tokens: 7000, thinking: thinking(more), messages } };
		case 'openai-chat': {
			const usage = isStream ? { stream_options: { include_usage: true } } : {};
			const many = answers === undefined ? {} : { n: answers };
			const body = { reasoning_effort: 'medium', ...usage, ...many, ...common, messages };
			return { path: '/v1/chat/completions', body };
		}
		case 'openai-responses': {
			const body = { reasoning: { effort: 'medium', summary: 'auto' }, ...common, input: prompt };
			return { path: '/v1/responses', body };
		}
		case 'gemini': {
			const many = answers === undefined ? {} : { candidateCount: answers };
			const generationConfig = { thinkingConfig: { includeThoughts: true }, ...many };
			const contents = [{ role: 'user', parts: [{ text: prompt }] }];
			const verb = isStream ? 'streamGenerateContent?alt=sse' : 'generateContent';
			return { path: `/v1beta/models/${model}:${verb}`, body: { contents, generationConfig, ...offered, ...more } };
		}
	}
}

/** Anthropic refuses thinking beside a forced tool. */
function thinking(body: Record<string, unknown>): unknown {
	return body['tool_choice'] === undefined ? { type: 'enabled', budget_tokens: 2048 } : { type: 'disabled' };
}
