import type {
	LanguageModelV4CallOptions,
	LanguageModelV4FilePart,
	LanguageModelV4Message,
	LanguageModelV4Prompt,
	LanguageModelV4ToolCallPart,
} from '@ai-sdk/provider';
import { EMPTY_MESSAGE, type WireFormatName } from '../../contracts/index.ts';
import { appendMessage } from '../shared/neutral-form.ts';
import { ToolIds } from '../shared/tool-ids.ts';
import { describeToolResult, describeToolUse } from '../shared/tool-text.ts';
import { fitToolOutput, fitUserFile } from './fit-tool-output.ts';
import { fitTools } from './hosted-tools.ts';
import { orderMessages } from './order-messages.ts';
import { type ConversationTarget, type Family, getFamily, getTargetToolIds, listFamilies } from './target.ts';

export type { ConversationTarget } from './target.ts';

type Of<Role extends LanguageModelV4Message['role']> = Extract<LanguageModelV4Message, { role: Role }>;
type AssistantPart = Of<'assistant'>['content'][number];
type ToolPart = Of<'tool'>['content'][number];

/** A call as its provider accepts it. */
interface FittedCall {
	options: LanguageModelV4CallOptions;
	/** What of it is lost. */
	dropped: string[];
}

/**
 * The same call for a provider, whatever models the conversation has visited: without reasoning and signatures of others,
 * with ids of tool calls that it takes, the work of others' own tools as text, files where it reads them and instructions
 * where it takes them. `from`: the caller's format; `null` where parts say themselves who made them.
 */
export function fitCall(
	options: LanguageModelV4CallOptions,
	from: WireFormatName | null,
	target: ConversationTarget,
): FittedCall {
	const fitting = new PromptFitting(from === null ? null : getFamily(from), target);
	const prompt = fitting.fit(options.prompt);
	const fitted = fitTools({ ...options, prompt }, getFamily(target.format), fitting.dropped);
	return { options: fitted, dropped: [...fitting.dropped] };
}

/** One conversation while it is fitted, message by message. */
class PromptFitting {
	readonly dropped = new Set<string>();
	readonly #from: Family | null;
	readonly #family: Family;
	readonly #modelId: string;
	readonly #ids: ToolIds;
	readonly #fitted: LanguageModelV4Message[] = [];
	/** Files of results, until the results of the turn are through: they must follow their calls directly. */
	readonly #files: LanguageModelV4FilePart[] = [];

	constructor(from: Family | null, target: ConversationTarget) {
		this.#from = from;
		this.#family = getFamily(target.format);
		this.#modelId = target.modelId;
		this.#ids = new ToolIds(getTargetToolIds(target));
	}

	fit(prompt: LanguageModelV4Prompt): LanguageModelV4Prompt {
		const ordered = orderMessages(prompt, this.#family, (name) => this.dropped.add(name));
		for (const message of ordered) this.#add(message);
		this.#sendFiles();
		return this.#fitted;
	}

	#add(message: LanguageModelV4Message): void {
		switch (message.role) {
			case 'system':
				if (!this.#isEmpty(message.content)) this.#fitted.push(message);
				break;
			case 'user': {
				const fitted = message.content.map((part) => (part.type === 'file' ? fitUserFile(part, this.#family) : part));
				const content = fitted.filter((part) => part.type !== 'text' || !this.#isEmpty(part.text));
				// a conversation with Bedrock's models begins with a user's message
				if (content.length === 0 && this.#family === 'bedrock') content.push({ type: 'text', text: EMPTY_MESSAGE });
				appendMessage(this.#fitted, { ...message, content: [...this.#files.splice(0), ...content] });
				break;
			}
			case 'assistant':
				this.#sendFiles();
				this.#ids.endTurn();
				appendMessage(this.#fitted, {
					...message,
					content: message.content.flatMap((part) => this.#fitAssistantPart(part)),
				});
				break;
			default:
				appendMessage(this.#fitted, { ...message, content: message.content.map((part) => this.#fitResult(part)) });
		}
	}

	#fitAssistantPart(part: AssistantPart): AssistantPart[] {
		switch (part.type) {
			case 'text':
				return this.#isEmpty(part.text) && !listFamilies(part.providerOptions).includes(this.#family) ? [] : [part];
			case 'reasoning':
			case 'reasoning-file':
				return this.#isReadable(part) ? [part] : this.#drop('reasoning');
			case 'tool-call':
				if (part.providerExecuted !== true) return [this.#fitCall(part)];
				if (this.#isNative(part)) return [part];
				return [{ type: 'text', text: describeToolUse(part.toolName, part.input) }];
			case 'tool-result':
				if (this.#isNative(part)) return [part];
				return [
					{ type: 'text', text: describeToolResult(part.toolName, 'value' in part.output ? part.output.value : '') },
				];
			default:
				return [part];
		}
	}

	/** A call with an id of the provider's; servers of Chat Completions refuse Google's signature, but for Google's own. */
	#fitCall(part: LanguageModelV4ToolCallPart): LanguageModelV4ToolCallPart {
		const { providerOptions, ...call } = { ...part, toolCallId: this.#ids.addCall(part.toolCallId) };
		const isRefused = this.#family === 'chat' && !/gemini/i.test(this.#modelId);
		return isRefused || providerOptions === undefined ? call : { ...call, providerOptions };
	}

	/** No text says nothing to any provider; Converse refuses one of white space as well. */
	#isEmpty(text: string): boolean {
		return (this.#family === 'bedrock' ? text.trim() : text) === '';
	}

	#drop(name: string): [] {
		this.dropped.add(name);
		return [];
	}

	/** Reasoning that the provider signed; servers of Chat Completions sign none, and some insist on their own. */
	#isReadable({ providerOptions }: AssistantPart): boolean {
		const families = listFamilies(providerOptions);
		return this.#family === 'chat' ? families.length === 0 : families.includes(this.#family);
	}

	/** Work of a tool that the provider itself ran. */
	#isNative({ providerOptions }: AssistantPart): boolean {
		return this.#family !== 'chat' && (this.#from ?? listFamilies(providerOptions)[0] ?? this.#family) === this.#family;
	}

	#fitResult(part: ToolPart): ToolPart {
		if (part.type !== 'tool-result') return part;
		const isReferring = part.output.type === 'content' && part.output.value.some(({ type }) => type === 'custom');
		// the name of the tool is told, but no provider but Anthropic loads it
		if (isReferring && this.#family !== 'anthropic') this.#drop('tool_reference');
		const { files, output } = fitToolOutput(part.output, { family: this.#family, modelId: this.#modelId });
		this.#files.push(...files);
		return { ...part, toolCallId: this.#ids.resolve(part.toolCallId), output };
	}

	#sendFiles(): void {
		appendMessage(this.#fitted, { role: 'user', content: this.#files.splice(0) });
	}
}
