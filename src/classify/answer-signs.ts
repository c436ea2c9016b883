import type { Conversation, LaterSignal } from '../contracts/index.ts';
import { isObject } from '../util/index.ts';
import { getMessageParts, getMessages, getUserText } from './read-task.ts';

/** Messages after the last answer that are read, the last ones. */
const MAX_MESSAGES = 16;
/** Characters at the end of a tool's result that are read: where commands say how they ended. */
const MAX_RESULT_CHARACTERS = 2000;
/** Characters of a correction at most: whoever writes more describes a task. */
const MAX_CORRECTION_CHARACTERS = 200;

/** How commands say that they failed. */
const FAILED: readonly RegExp[] = [
	/\b(?:exit(?:ed)?(?: with)?(?: (?:code|status))|exit_code|return ?code)"?\s*[:=]?\s*(?:[1-9]\d*)\b/i,
	/\bTraceback \(most recent call last\):/,
	/\bnpm (?:ERR!|error)/,
	/\b[1-9]\d* (?:tests? )?fail(?:ed|ing|ures?)\b/i,
	/\b(?:FAILED \(|failures[=:] ?[1-9])/,
];
/** How test runners say that all is well, where nothing says that it is not. */
const PASSED = /\b[1-9]\d* (?:tests? )?pass(?:ed|ing)\b|\bOK \(\d+ tests?\)|\btest result: ok\b/i;

/** How people begin who were answered wrongly, in the languages that tasks are classified in. */
const CORRECTIONS: readonly RegExp[] = [
	/^(?:no[,.!]? +)?(?:that(?:'|’)?s|that is|this is|it(?:'|’)?s|you(?:'|’)?re|you are) (?:still )?(?:wrong|incorrect|not (?:right|correct|what i))/iu,
	/^(?:wrong|incorrect|still (?:wrong|broken|failing)|not what i (?:asked|wanted|meant)|you (?:misunderstood|ignored|forgot))(?!\p{L})/iu,
	/^(?:nein[,.!]? +)?(?:das|es) (?:ist (?:immer noch )?(?:falsch|nicht richtig|nicht das)|stimmt (?:so )?nicht)(?!\p{L})|^falsch(?!\p{L})/iu,
	/^(?:non[,.!]? +)?(?:c(?:'|’)est (?:faux|incorrect)|ce n(?:'|’)est pas (?:ça|correct|ce que))(?!\p{L})/iu,
	/^(?:no[,.!]? +)?(?:eso |esto )?(?:está mal|es incorrecto|no es (?:correcto|lo que))(?!\p{L})|^incorrecto(?!\p{L})/iu,
	/^(?:não[,.!]? +)?(?:isso )?(?:está errado|não é o que|não está certo)(?!\p{L})/iu,
	/^(?:no[,.!]? +)?(?:è sbagliato|non è (?:giusto|corretto|quello che))(?!\p{L})/iu,
	/^(?:nee[,.!]? +)?(?:dat is (?:fout|niet (?:goed|wat))|dat klopt niet)(?!\p{L})/iu,
	/^(?:nie[,.!]? +)?(?:to (?:jest )?(?:źle|błędne|nie to)|błąd)(?!\p{L})/iu,
	/^(?:нет[,.!]? +)?(?:это )?(?:неправильно|неверно|не то)(?!\p{L})/iu,
	/^(?:hayır[,.!]? +)?(?:bu )?(?:yanlış|doğru değil)(?!\p{L})/iu,
	/^(?:不对|不對|错了|錯了|这不是我|這不是我)/u,
	/^(?:違います|違う|間違って)/u,
	/^(?:아니[요야]?[,. ]+)?(?:틀렸|그게 아니)/u,
];

/** What a conversation shows of its last answer. */
export interface AnswerSigns {
	signals: readonly LaterSignal[];
	/** The person's new words; empty where only tools speak. */
	ask: string;
}

/**
 * What the messages after the last answer say of it: results of the tools that it called, and a person who says that it is
 * wrong. Work is bounded whatever the conversation's size; nothing is kept.
 */
export function readAnswerSigns(conversation: Conversation): AnswerSigns {
	const later = readPartsAfterAnswer(conversation);
	const parts = later ?? getMessages(conversation).slice(-1).flatMap(getMessageParts);
	const signals = new Set<LaterSignal>();
	const results = parts.flatMap(readResult);
	if (results.some(({ isError, text }) => isError || FAILED.some((sign) => sign.test(text))))
		signals.add('tool-failed');
	else if (results.some(({ text }) => PASSED.test(text))) signals.add('tests-passed');
	const ask =
		results.length > 0
			? ''
			: parts
					.flatMap((part) => getUserText(part) ?? [])
					.join('\n')
					.trim();
	if (later === null) return { signals: [], ask };
	const isCorrection = ask.length <= MAX_CORRECTION_CHARACTERS && CORRECTIONS.some((sign) => sign.test(ask));
	if (isCorrection) signals.add('corrected');
	return { signals: [...signals], ask };
}

/** Parts of the messages behind the last answer; `null` where none was given yet. */
function readPartsAfterAnswer(conversation: Conversation): unknown[] | null {
	const messages = getMessages(conversation);
	const first = Math.max(0, messages.length - MAX_MESSAGES);
	for (let at = messages.length - 1; at >= first; at -= 1) {
		if (!isAnswer(messages[at])) continue;
		return messages.slice(at + 1).flatMap((message) => {
			if (!isObject(message)) return [];
			const isResult = message.role === 'tool' || message.role === undefined;
			return isResult ? [{ ...message, type: 'tool_message' }] : getMessageParts(message);
		});
	}
	return null;
}

/** Also what a model asked of a tool, which the Responses API lists between the messages. */
function isAnswer(message: unknown): boolean {
	if (!isObject(message)) return false;
	const { role, type } = message;
	return role === 'assistant' || role === 'model' || type === 'function_call' || type === 'custom_tool_call';
}

interface ToolResult {
	isError: boolean;
	text: string;
}

/** The result of a tool, in the format of any provider; nothing for other parts. */
function readResult(part: unknown): ToolResult[] {
	if (!isObject(part)) return [];
	const { functionResponse, is_error: isError, output, type } = part;
	if (isObject(functionResponse)) {
		const { response } = functionResponse;
		return [{ isError: isObject(response) && response['error'] !== undefined, text: toResultText(response) }];
	}
	const isResult = type === 'tool_result' || type === 'tool_message' || type === 'function_call_output';
	return isResult ? [{ isError: isError === true, text: toResultText(output ?? part['content']) }] : [];
}

/** The end of what a tool said. */
function toResultText(content: unknown): string {
	if (typeof content === 'string') return content.slice(-MAX_RESULT_CHARACTERS);
	if (Array.isArray(content)) return content.slice(-4).map(toResultText).join('\n').slice(-MAX_RESULT_CHARACTERS);
	if (!isObject(content)) return '';
	const { output, text } = content;
	if (typeof text === 'string') return text.slice(-MAX_RESULT_CHARACTERS);
	if (typeof output === 'string') return output.slice(-MAX_RESULT_CHARACTERS);
	return Object.entries(content)
		.slice(0, 8)
		.flatMap(([name, value]) =>
			typeof value === 'number' || typeof value === 'string' ? [`${name}: ${String(value).slice(-500)}`] : [],
		)
		.join('\n');
}
