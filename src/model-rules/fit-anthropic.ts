import { EMPTY_MESSAGE, SEAL_PREFIX } from '../contracts/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';
import type { AnthropicRules } from './anthropic-rules.ts';
import { changeMembers, type Fitting, findNearest, withMember } from './fitting.ts';
import { isStrictSchema, toObjectSchema, toStrictSchema } from './tool-schemas.ts';

/** Source: https://platform.claude.com/docs/en/api/messages (2026-11-28) */
const TOOL_NAMES = { pattern: /^[a-zA-Z0-9_-]+$/, maxLength: 128 };

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;

/** Smallest budget of thinking, tokens. Source: https://platform.claude.com/docs/en/build-with-claude/extended-thinking (2026-11-28) */
const MIN_BUDGET_TOKENS = 1024;
/** Share of the output limit that each effort may spend on thinking, for models that need a budget. */
const BUDGET_SHARES: Readonly<Record<string, number>> = { low: 0.2, medium: 0.4, high: 0.6, xhigh: 0.75, max: 0.8 };

/** What Anthropic's requests are fitted by beside the rules. */
interface AnthropicLimits {
	/** Most output tokens that are paid for. @default no limit */
	limit?: number | undefined;
	/** The betas that the caller asks for. @default none */
	betas?: string | undefined;
}

/** Fits a request for Anthropic's Messages. */
export function fitAnthropic(request: Fitting, rules: AnthropicRules, limits: AnthropicLimits): void {
	fitThinking(request, rules, limits);
	if (beganWithoutThinking(request) || isPrefilled(request)) request.drop('thinking');
	fitEffort(request, rules);
	fitOutputFormat(request, rules);
	fitSampling(request, rules);
	fitStopSequences(request);
	fitTools(request, rules);
	fitSystem(request, rules);
	fitMessages(request);
	fitPrefill(request);
}

/** Thinking in a form that the model takes; where it cannot be switched off, the least of it. */
function fitThinking(request: Fitting, { efforts, thinking }: AnthropicRules, limits: AnthropicLimits): void {
	const form = request.object('thinking')['type'];
	if (typeof form !== 'string') return;
	const takes = (each: string) => thinking.some((known) => known === each);
	if (form === 'enabled' && takes('enabled')) {
		fitBudget(request, limits);
		return;
	}
	if (takes(form)) return;
	request.note('thinking');
	if (form === 'disabled') {
		request.set('thinking', takes('between_tools') ? { type: 'between_tools' } : undefined);
		if (thinking.length > 0) setLeastEffort(request, efforts);
	} else if (takes('adaptive')) request.set('thinking', { type: 'adaptive', display: 'summarized' });
	else if (takes('enabled')) {
		const effort = request.object('output_config')['effort'];
		setBudget(request, getMaxTokens(request, limits), BUDGET_SHARES[String(effort)] ?? BUDGET_SHARES['high'] ?? 1);
	} else request.set('thinking', undefined);
}

/** A budget of thinking that is refused becomes half of the answer, or the smallest. */
function fitBudget(request: Fitting, limits: AnthropicLimits): void {
	const { betas = '', limit = Number.POSITIVE_INFINITY } = limits;
	const maxTokens = getMaxTokens(request, limits);
	const budget = toCount(request.object('thinking')['budget_tokens']);
	// between calls of tools it is for all answers of a turn together
	const isForTurn = betas.includes('interleaved-thinking') && request.get('tools') !== undefined;
	if (budget >= (isForTurn ? limit : maxTokens)) setBudget(request, maxTokens, 0.5);
	else if (budget < MIN_BUDGET_TOKENS) setBudget(request, maxTokens, 0);
}

/** Most output tokens that the answer may have, the caller's limit or the one that is paid for. */
function getMaxTokens(request: Fitting, { limit = Number.POSITIVE_INFINITY }: AnthropicLimits): number {
	return Math.min(limit, toCount(request.get('max_tokens')));
}

/** True for a message in which a person, not a tool, has the word. */
function isAsking({ role, content }: JsonObject): boolean {
	return role === 'user' && !(Array.isArray(content) && content.every((block) => toType(block) === 'tool_result'));
}

function toType(block: unknown): unknown {
	return isObject(block) ? block['type'] : undefined;
}

/** Thinking that Anthropic signed. */
function isOwnThinking(block: unknown): boolean {
	if (toType(block) === 'redacted_thinking') return true;
	const signature = isObject(block) && block['type'] === 'thinking' ? block['signature'] : '';
	return typeof signature === 'string' && signature !== '' && !signature.startsWith(SEAL_PREFIX);
}

/**
 * With a budget for thinking, Anthropic refuses a turn that called tools and did not think first: a model of another
 * provider began it. Source: https://platform.claude.com/docs/en/build-with-claude/extended-thinking (2026-11-28)
 */
function beganWithoutThinking(request: Fitting): boolean {
	const given = request.get('messages');
	if (request.object('thinking')['type'] !== 'enabled' || !Array.isArray(given)) return false;
	const messages = given.filter(isObject);
	const turn = messages.slice(messages.findLastIndex(isAsking) + 1);
	const began = turn.find(({ role }) => role === 'assistant')?.['content'];
	if (!Array.isArray(began)) return false;
	const blocks = began.filter((block) => toType(block) !== 'thinking' || isOwnThinking(block));
	return blocks.some((block) => toType(block) === 'tool_use') && !isOwnThinking(blocks[0]);
}

/** The least effort, where none is asked for. */
function setLeastEffort(request: Fitting, [least]: readonly string[]): void {
	if (request.object('output_config')['effort'] === undefined) request.setIn('output_config', 'effort', least);
}

function toCount(value: unknown): number {
	return typeof value === 'number' ? value : Number.POSITIVE_INFINITY;
}

/** Thinking within a share of the output limit; none where that is less than the smallest budget. */
function setBudget(request: Fitting, maxTokens: number, share: number): void {
	request.note('thinking');
	const tokens = Math.floor(maxTokens * share);
	// a low effort with room for the smallest budget gets that one, not none
	const budget = maxTokens >= 2 * MIN_BUDGET_TOKENS ? Math.max(MIN_BUDGET_TOKENS, tokens) : tokens;
	const fits = budget >= MIN_BUDGET_TOKENS && Number.isFinite(budget);
	request.set('thinking', fits ? { type: 'enabled', budget_tokens: budget } : undefined);
}

function fitEffort(request: Fitting, { effortWithoutThinking, efforts }: AnthropicRules): void {
	const { effort } = request.object('output_config');
	if (typeof effort !== 'string') return;
	const form = request.object('thinking')['type'];
	const isLimited = effortWithoutThinking !== undefined && (form === 'disabled' || form === 'between_tools');
	const allowed = isLimited ? efforts.slice(0, efforts.indexOf(effortWithoutThinking) + 1) : efforts;
	if (allowed.includes(effort)) return;
	request.note('output_config.effort');
	request.setIn('output_config', 'effort', findNearest(effort, allowed, EFFORTS));
}

/** The schema of the answer without keywords that are refused; none for a model that cannot be held to one. */
function fitOutputFormat(request: Fitting, { schemas }: AnthropicRules): void {
	const { format } = request.object('output_config');
	if (!isObject(format) || format['type'] !== 'json_schema') return;
	const { schema } = format;
	if (!schemas) request.dropIn('output_config', 'format');
	else if (isObject(schema) && !isStrictSchema(schema, 'anthropic')) {
		request.note('output_config.format.schema');
		request.setIn('output_config', 'format', { ...format, schema: toStrictSchema(schema, 'anthropic') });
	}
}

function fitSampling(request: Fitting, { sampling }: AnthropicRules): void {
	const form = request.object('thinking')['type'];
	const isThinking = form === 'enabled' || form === 'adaptive' || form === 'between_tools';
	if (sampling === 'none') {
		for (const name of ['temperature', 'top_p', 'top_k']) request.drop(name);
		return;
	}
	if (isThinking) {
		if (request.get('temperature') !== 1) request.drop('temperature');
		request.drop('top_k');
		// with thinking only values close to 1 are taken
		if (Number(request.get('top_p') ?? 1) < 0.95) request.drop('top_p');
	}
	if (Number(request.get('temperature') ?? 0) > 1) {
		request.note('temperature');
		request.set('temperature', 1);
	}
	if (sampling === 'one' && request.get('temperature') !== undefined) request.drop('top_p');
}

function fitStopSequences(request: Fitting): void {
	const given = request.get('stop_sequences');
	if (!Array.isArray(given)) return;
	const kept = given.filter((text) => typeof text !== 'string' || text.trim() !== '');
	if (kept.length === given.length) return;
	request.note('stop_sequences');
	request.set('stop_sequences', kept.length === 0 ? undefined : kept);
}

function fitTools(request: Fitting, rules: AnthropicRules): void {
	const tools = request.get('tools');
	if (tools !== undefined)
		request.set(
			'tools',
			changeMembers(tools, (tool, index) => fitTool(request, rules, tool, index)),
		);
	const choice = request.object('tool_choice');
	const isForced = choice['type'] === 'any' || choice['type'] === 'tool';
	if (!isForced) return;
	const form = request.object('thinking')['type'];
	const isThinking = form === 'enabled' || (form === 'adaptive' && rules.forcedTools === 'without-thinking');
	if (rules.forcedTools === 'never' || isThinking) {
		request.note('tool_choice');
		const { name: _name, ...rest } = choice;
		request.set('tool_choice', { ...rest, type: 'auto' });
	} else request.set('tool_choice', request.withSentName(choice, TOOL_NAMES));
}

function fitTool(request: Fitting, rules: AnthropicRules, tool: JsonObject, index: number): JsonObject {
	// tools of Anthropic's own have neither schema nor a name that could be changed
	if ((tool['type'] ?? 'custom') !== 'custom') return tool;
	let fitted = request.withSentName(tool, TOOL_NAMES);
	const { isLoosened, schema } = toObjectSchema(fitted['input_schema'], 'anthropic');
	if (isLoosened) request.note(`tools[${index}].input_schema`);
	if (schema !== fitted['input_schema']) fitted = { ...fitted, input_schema: schema };
	if (fitted['strict'] === true && !(rules.schemas && isStrictSchema(fitted['input_schema'], 'anthropic'))) {
		request.note(`tools[${index}].strict`);
		fitted = withMember(fitted, 'strict', undefined);
	}
	return fitted;
}

function isEmptyText(block: JsonObject): boolean {
	return block['type'] === 'text' && (block['text'] === '' || block['text'] === undefined);
}

function withoutEmptyTexts(content: unknown): unknown {
	return changeMembers(content, (block) => (isEmptyText(block) ? null : block));
}

function toBlocks(content: unknown): unknown[] {
	if (Array.isArray(content)) return content.filter((block) => !isObject(block) || !isEmptyText(block));
	return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}

/** The system prompt without empty texts, and with what messages of the role `system` say where that role is refused. */
function fitSystem(request: Fitting, { systemMessages }: AnthropicRules): void {
	const system = request.get('system');
	const texts = Array.isArray(system) ? withoutEmptyTexts(system) : system;
	const said: unknown[] = [];
	const before = request.get('messages');
	if (!systemMessages) {
		const messages = changeMembers(request.get('messages'), (message) => {
			if (message['role'] !== 'system') return message;
			said.push(...toBlocks(message['content']));
			return null;
		});
		request.set('messages', messages);
	}
	if (said.length > 0) {
		request.note('messages[].role');
		answerLast(request, before);
	}
	const all = said.length > 0 ? [...toBlocks(texts), ...said] : texts;
	request.set('system', Array.isArray(all) && all.length === 0 ? undefined : all === '' ? undefined : all);
}

/** An instruction that came last is answered as it was; the answer before it, which is last now, is not continued. */
function answerLast(request: Fitting, before: unknown): void {
	const messages = request.get('messages');
	if (!Array.isArray(messages) || toRole(messages) !== 'assistant' || toRole(before) !== 'system') return;
	request.set('messages', [...messages, { role: 'user', content: EMPTY_MESSAGE }]);
}

/** Whose the last message is. */
function toRole(messages: unknown): unknown {
	const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
	return isObject(last) ? last['role'] : undefined;
}

/**
 * True where the answer has been begun while a budget for thinking is given, which do not go together.
 * Source: https://platform.claude.com/docs/en/build-with-claude/extended-thinking (2026-11-29)
 */
function isPrefilled(request: Fitting): boolean {
	return request.object('thinking')['type'] === 'enabled' && toRole(request.get('messages')) === 'assistant';
}

/**
 * The beginning of an answer without white space at its end, which Anthropic refuses.
 * Source: https://github.com/langchain-ai/langchain-google/pull/1733 (2026-11-29)
 */
function fitPrefill(request: Fitting): void {
	const messages = request.get('messages');
	if (!Array.isArray(messages) || toRole(messages) !== 'assistant') return;
	const last: JsonObject = messages.at(-1);
	const { content } = last;
	const block: unknown = Array.isArray(content) ? content.at(-1) : content;
	const text = isObject(block) ? block['text'] : block;
	if (typeof text !== 'string' || text.trimEnd() === text) return;
	const trimmed = text.trimEnd();
	const cut = isObject(block) ? { ...block, text: trimmed } : trimmed;
	const kept = Array.isArray(content) ? [...content.slice(0, -1), ...(trimmed === '' ? [] : [cut])] : cut;
	request.note(`messages[${messages.length - 1}].content`);
	request.set('messages', [...messages.slice(0, -1), { ...last, content: kept }]);
}

/** The messages with texts that say something: Anthropic refuses empty ones, and a conversation without a person in it. */
function fitMessages(request: Fitting): void {
	const messages = changeMembers(request.get('messages'), (message, index) => fitMessage(request, message, index));
	const hasPerson = messages?.some((message) => isObject(message) && message['role'] === 'user') === true;
	if (hasPerson || messages === undefined) {
		request.set('messages', messages);
		return;
	}
	const system = toBlocks(request.get('system'));
	request.note(system.length > 0 ? 'system' : 'messages');
	const content = system.length > 0 ? system : [{ type: 'text', text: EMPTY_MESSAGE }];
	request.set('messages', [{ role: 'user', content }, ...messages]);
	request.set('system', undefined);
}

function fitMessage(request: Fitting, message: JsonObject, index: number): JsonObject | null {
	const content = fitContent(request, message['content']);
	const isAssistant = message['role'] === 'assistant';
	if (isEmptyContent(content, isAssistant)) {
		if (message['role'] !== 'user') return null;
		request.note(`messages[${index}].content`);
		return { ...message, content: EMPTY_MESSAGE };
	}
	return content === message['content'] ? message : { ...message, content };
}

function fitContent(request: Fitting, content: unknown): unknown {
	if (!Array.isArray(content)) return content;
	return changeMembers(content, (block) => {
		if (isEmptyText(block)) return null;
		if (block['type'] === 'tool_use') return request.withSentName(block, TOOL_NAMES);
		if (block['type'] !== 'tool_result' || !Array.isArray(block['content'])) return block;
		const inner = withoutEmptyTexts(block['content']);
		return inner === block['content'] ? block : { ...block, content: inner };
	});
}

/** Nothing but empty text; of the assistant also nothing but white space, which Anthropic refuses too. */
function isEmptyContent(content: unknown, isAssistant: boolean): boolean {
	const isBlank = (text: unknown) => typeof text === 'string' && (isAssistant ? text.trim() === '' : text === '');
	if (typeof content === 'string') return isBlank(content);
	if (!Array.isArray(content)) return false;
	return content.every((block) => isObject(block) && block['type'] === 'text' && isBlank(block['text']));
}
