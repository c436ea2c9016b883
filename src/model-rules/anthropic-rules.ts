/** A form of `thinking`. */
export type ThinkingForm = 'adaptive' | 'enabled' | 'disabled' | 'between_tools';

/** What Anthropic's Messages API takes in a request for one of its models. */
export interface AnthropicRules {
	family: 'anthropic';
	/** Forms of `thinking` that are accepted; without any of them the parameter is refused. */
	thinking: readonly ThinkingForm[];
	/** Values of `output_config.effort`, ascending; none: the parameter is refused. */
	efforts: readonly string[];
	/** The highest effort beside disabled thinking. @default any */
	effortWithoutThinking?: string;
	/** `temperature`, `top_p`, `top_k`: all of them, either of the first two, or none. */
	sampling: 'all' | 'one' | 'none';
	/** `system` is a role of messages. */
	systemMessages: boolean;
	/**
	 * When a tool may be forced (`tool_choice` of the type `any` or `tool`).
	 * Source: https://github.com/langchain-ai/langchain-aws/pull/1151 and 1141 (2026-11-29)
	 */
	forcedTools: 'always' | 'without-thinking' | 'never';
	/** The conversation may end with the beginning of the answer. */
	prefill: boolean;
	/** Answers and tool arguments may be held to a schema. */
	schemas: boolean;
}

const CLAUDE_3: AnthropicRules = {
	family: 'anthropic',
	thinking: [],
	efforts: [],
	sampling: 'all',
	systemMessages: false,
	forcedTools: 'without-thinking',
	prefill: true,
	schemas: false,
};
const CLAUDE_4: AnthropicRules = { ...CLAUDE_3, thinking: ['enabled', 'disabled'] };
const CLAUDE_4_1: AnthropicRules = { ...CLAUDE_4, sampling: 'one', schemas: true };
const CLAUDE_4_6: AnthropicRules = {
	...CLAUDE_4_1,
	thinking: ['adaptive', 'enabled', 'disabled'],
	efforts: ['low', 'medium', 'high', 'max'],
	prefill: false,
};
const CLAUDE_4_7: AnthropicRules = {
	...CLAUDE_4_6,
	thinking: ['adaptive', 'disabled'],
	efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
	sampling: 'none',
};
const CLAUDE_4_8: AnthropicRules = { ...CLAUDE_4_7, systemMessages: true, forcedTools: 'always' };
const CLAUDE_5: AnthropicRules = { ...CLAUDE_4_8, effortWithoutThinking: 'high' };
const FABLE_5: AnthropicRules = { ...CLAUDE_4_8, thinking: ['adaptive'] };
const CLAUDE_5_5: AnthropicRules = { ...FABLE_5, forcedTools: 'never' };

/**
 * The rules of each generation; the first pattern that a model's id matches counts, and a model that is not known yet has
 * those of the newest generation of its line. Sources, read 2026-11-28: https://platform.claude.com/docs/en/build-with-claude/ `adaptive-thinking`, `effort`,
 * `extended-thinking`, `mid-conversation-system-messages`, `structured-outputs` and `prefill-claudes-response`; the table of
 * @ai-sdk/anthropic 4.0.105 (`runtimeRules`) where the pages name no model.
 */
export const ANTHROPIC_RULES: ReadonlyArray<readonly [id: RegExp, rules: AnthropicRules]> = [
	[/claude-(?:instant|v?2|3-haiku|3-5|3-opus|3-sonnet)/, CLAUDE_3],
	[/claude-3/, CLAUDE_4],
	[/claude-(?:opus|sonnet)-4(?:$|[-@](?:0$|2\d{7}))/, CLAUDE_4],
	[/claude-opus-4-1/, CLAUDE_4_1],
	[/claude-opus-4-5/, { ...CLAUDE_4_1, efforts: ['low', 'medium', 'high'] }],
	[/claude-(?:sonnet|haiku)-4-5/, CLAUDE_4_1],
	[/claude-(?:opus|sonnet)-4-6/, CLAUDE_4_6],
	[/claude-opus-4-7/, CLAUDE_4_7],
	[/claude-opus-4-8/, CLAUDE_4_8],
	[/claude-sonnet-5(?!-[1-9](?:\D|$))/, { ...CLAUDE_4_7, forcedTools: 'always' }],
	[/claude-opus-5(?!-[1-9](?:\D|$))/, CLAUDE_5],
	[/claude-haiku/, CLAUDE_5],
	[/claude-sonnet/, { ...CLAUDE_5_5, thinking: ['adaptive', 'between_tools'] }],
	[/claude-fable-5(?!-[1-9](?:\D|$))/, FABLE_5],
	[/claude-/, CLAUDE_5_5],
];
