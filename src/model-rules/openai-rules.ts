/** What OpenAI's API takes in a request for one of its models, in either of its formats. */
export interface OpenAiRules {
	family: 'openai';
	/** Values of the reasoning effort, ascending; none: the model does not reason and refuses the parameter. */
	efforts: readonly string[];
	/** When sampling may be set: `temperature`, `top_p`, `logprobs`. */
	sampling: 'always' | 'without-reasoning' | 'never';
	/** Chat Completions: `max_tokens` is refused, `max_completion_tokens` is its name. */
	completionLimit: boolean;
	/** Chat Completions: penalties, `logit_bias` and `stop` are accepted. */
	penalties: boolean;
	/** Chat Completions: function tools are refused while the model reasons. */
	toolsWhileReasoning: boolean;
	/** `parallel_tool_calls` is accepted. */
	parallelToolCalls: boolean;
	/** Answers may be held to a schema. */
	schemas: boolean;
	/** `developer` is a role of messages. */
	developerRole: boolean;
	/** Tools may take free text (`type: custom`). Source: https://platform.openai.com/docs/guides/function-calling#custom-tools */
	customTools: boolean;
	/** Chat Completions: audio is read. Source: https://platform.openai.com/docs/guides/audio (2026-11-28) */
	audio: boolean;
	/** Chat Completions: `web_search_options` is accepted. Source: https://platform.openai.com/docs/guides/tools-web-search (2026-11-29) */
	searchesInChat: boolean;
}

/** The fewest tokens that the Responses API takes as `max_output_tokens`. Source: https://github.com/BerriAI/litellm/pull/31451 (2026-11-28) */
export const MIN_RESPONSES_TOKENS = 16;

const GPT_4O: OpenAiRules = {
	family: 'openai',
	efforts: [],
	sampling: 'always',
	completionLimit: false,
	penalties: true,
	toolsWhileReasoning: true,
	parallelToolCalls: true,
	schemas: true,
	developerRole: true,
	customTools: false,
	audio: false,
	searchesInChat: false,
};
const GPT_4: OpenAiRules = { ...GPT_4O, schemas: false, developerRole: false };
const REASONING: OpenAiRules = {
	...GPT_4O,
	efforts: ['low', 'medium', 'high'],
	sampling: 'never',
	completionLimit: true,
	penalties: false,
};
const GPT_5: OpenAiRules = { ...REASONING, customTools: true, efforts: ['minimal', 'low', 'medium', 'high'] };
const GPT_5_1: OpenAiRules = {
	...GPT_5,
	efforts: ['none', 'low', 'medium', 'high'],
	sampling: 'without-reasoning',
};
const GPT_5_2: OpenAiRules = { ...GPT_5_1, efforts: ['none', 'low', 'medium', 'high', 'xhigh'] };
const GPT_5_6: OpenAiRules = {
	...GPT_5_1,
	efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
	toolsWhileReasoning: false,
};
const GPT_6: OpenAiRules = { ...GPT_5, efforts: ['low', 'medium', 'high', 'xhigh', 'max'] };

/**
 * The rules of each generation; the first pattern that a model's id matches counts. Sources, read 2026-11-28:
 * https://platform.openai.com/docs/guides/reasoning and https://platform.openai.com/docs/guides/latest-model; the table of
 * @ai-sdk/openai 4.0.118 (`openaiLanguageModelEntries`) for efforts and for tools beside reasoning.
 */
export const OPENAI_RULES: ReadonlyArray<readonly [id: RegExp, rules: OpenAiRules]> = [
	[/^(?:gpt-3|gpt-4(?:$|-))/, GPT_4],
	// https://github.com/vercel/ai/pull/5647 (2026-11-29)
	[/^gpt-\d+o?-(?:mini-)?search/, { ...GPT_4O, sampling: 'never', penalties: false, searchesInChat: true }],
	[/^gpt-(?:4o-)?(?:mini-)?audio/, { ...GPT_4O, audio: true }],
	[/^(?:gpt-4|chatgpt-)/, GPT_4O],
	[/^o\d/, { ...REASONING, parallelToolCalls: false }],
	[/^gpt-5(?:\.\d+)?-chat/, { ...GPT_4O, completionLimit: true }],
	[/^gpt-5-pro/, { ...GPT_5, efforts: ['high'] }],
	[/^gpt-5-codex/, { ...GPT_5, efforts: REASONING.efforts }],
	[/^gpt-5\.\d+-pro/, { ...GPT_5, efforts: ['medium', 'high', 'xhigh'] }],
	[/^gpt-5(?!\.)/, GPT_5],
	[/^gpt-5\.1(?!\d)/, GPT_5_1],
	[/^gpt-5\.[2-5](?!\d)/, GPT_5_2],
	[/^gpt-5\./, GPT_5_6],
	[/^gpt-6(?:-luna|-sol|\.1-terra)/, { ...GPT_5_6, toolsWhileReasoning: true }],
	[/^gpt-\d/, GPT_6],
];
