import { isDeepStrictEqual } from 'node:util';
import { type AnswerMeaning, readMeaning } from './answer-meaning.ts';
import type { CallerFormatName, RequestOptions } from './caller-requests.ts';
import type { Recording } from './list-recordings.ts';
import type { ReceivedAnswer, ReplayGateway } from './replay-gateway.ts';

const CALLERS: readonly CallerFormatName[] = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini'];

/** One recording as one caller got it. */
export interface Comparison {
	recording: Recording;
	caller: CallerFormatName;
	/** Id of the decision, by which the ledger has it. */
	decision: string | null;
	/** False where the provider told no usage: each path estimates in its own way. */
	isCounted: boolean;
	/** What is not as the provider said it; none where all is well. */
	faults: string[];
}

/** Formats in which a recording can be asked for: OpenAI itself is asked in Chat Completions by callers of that. */
export function listCallers({ format }: Recording): readonly CallerFormatName[] {
	return format === 'openai-responses' ? CALLERS.filter((caller) => caller !== 'openai-chat') : CALLERS;
}

/** Names that every format allows. */
const TOOL_NAME = /^[A-Za-z_][\w-]{0,63}$/;

function createOptions(recording: Recording, { calls }: AnswerMeaning): RequestOptions {
	const tools = [...new Set(calls.map(({ name }) => name))].filter((name) => TOOL_NAME.test(name));
	const text = recording.bytes.toString('latin1');
	const indices = [...text.matchAll(/"index": ?(\d)[,}\s]/g)].map((match) => Number(match[1]));
	const isChoice = recording.format === 'gemini' || recording.format === 'openai-chat';
	const answers = isChoice && !text.includes('tool_calls') ? Math.max(0, ...indices) + 1 : 1;
	return { tools, isStream: recording.isStream, ...(answers > 1 ? { answers } : {}) };
}

/** Asks for a recording in one caller's format, and compares what came with what the provider sent. */
export async function compareAnswer(
	gateway: ReplayGateway,
	recording: Recording,
	caller: CallerFormatName,
): Promise<Comparison> {
	const isError = recording.status >= 400;
	const sent = readMeaning(recording.format, recording.isStream && !isError, recording.bytes);
	const received = await gateway.ask(caller, recording, createOptions(recording, sent));
	const faults = isError
		? compareErrors(recording, received)
		: recording.format === caller
			? compareBytes(recording, received, sent)
			: compareMeanings(sent, received, { caller, isStream: recording.isStream });
	const decision = received.headers.get('x-switchyard-decision');
	return { recording, caller, decision, isCounted: (sent.usage?.input ?? 0) > 0 && sent.error === null, faults };
}

/** An error stays one, with the provider's words. */
function compareErrors({ bytes, status: sent }: Recording, { bytes: got, status }: ReceivedAnswer): string[] {
	// the gateway's own account is not the caller's to know of
	if (sent === 401 || sent === 403) return status < 400 ? [`status ${status}`] : [];
	const text = bytes.toString('utf8');
	const [, message = ''] = /"(?:message|Message|detail|error)" ?: ?"((?:[^"\\]|\\.){1,60})/.exec(text) ?? [];
	return [
		...(status < 400 ? [`status ${status}`] : []),
		...(got.includes(message.split('\\')[0] ?? '')
			? []
			: [`without the provider's words: ${got.toString().slice(0, 200)}`]),
	];
}

function compareBytes(recording: Recording, received: ReceivedAnswer, { error }: AnswerMeaning): string[] {
	const { bytes, status } = received;
	// an error in an answer's place is told as one
	if (error !== null && status >= 400) return compareErrors(recording, received);
	if (status !== recording.status) return [`status ${status}: ${bytes.toString().slice(0, 200)}`];
	// a last event without its empty line gets one, apart from the gateway's comment
	const isEnded = recording.bytes.subarray(-2).toString('latin1') === '\n\n';
	const sent = isEnded ? bytes : bytes.subarray(0, recording.bytes.length);
	if (sent.equals(recording.bytes) && bytes.subarray(sent.length).toString().trim() === '') return [];
	const at = bytes.findIndex((byte, index) => byte !== recording.bytes[index]);
	return [`other bytes at ${at === -1 ? bytes.length : at}: ${bytes.subarray(at).toString().slice(0, 100)}`];
}

function compareMeanings(
	sent: AnswerMeaning,
	{ bytes, status }: ReceivedAnswer,
	{ caller, isStream }: { caller: CallerFormatName; isStream: boolean },
): string[] {
	if (status >= 400) return sent.error === null ? [`status ${status}: ${bytes.toString().slice(0, 200)}`] : [];
	const got = readMeaning(caller, isStream, bytes);
	if (sent.error !== null) return got.error === null ? ['the error is lost'] : [];
	if (got.error !== null) return [`error ${got.error}`];
	// tools that the caller has not offered are the provider's own: they arrive as calls, or are named as dropped
	const offered = new Set(sent.calls.map(({ name }) => name));
	const calls = got.calls.filter(({ name }) => offered.has(name));
	const hasOthers = calls.length < got.calls.length;
	const faults: string[] = [];
	const compare = (what: string, one: unknown, other: unknown) => {
		if (!isDeepStrictEqual(one, other)) faults.push(`${what} ${JSON.stringify([one, other]).slice(0, 250)}`);
	};
	// a format without a place for a refusal says it as text
	const said = (meaning: AnswerMeaning) => meaning.text + meaning.refusal;
	compare('text', said(sent), said(got));
	compare('reasoning', sent.reasoning, got.reasoning);
	compare('calls', sent.calls, calls);
	if (!hasOthers) compare('end', toCallersEnd(sent), toCallersEnd(got));
	// of a prompt that was answered 0 tokens are no count
	if (sent.usage !== null && sent.usage.input > 0) {
		// Anthropic counts thinking as output
		const { reasoning: _, ...counts } = sent.usage;
		const { reasoning: __, ...gotCounts } = got.usage ?? { reasoning: 0 };
		compare('usage', counts, gotCounts);
		if (caller !== 'anthropic-messages') compare('reasoning tokens', sent.usage.reasoning, got.usage?.reasoning);
	}
	return faults;
}

/** A refusal is one, a call is to be run, whatever the reason; what others do not know ends as any other answer. */
function toCallersEnd({ calls, end, refusal }: AnswerMeaning): AnswerMeaning['end'] {
	if (refusal !== '') return 'content-filter';
	if (end !== null && end !== 'other' && end !== 'stop') return end;
	return calls.length > 0 ? 'tool-calls' : 'stop';
}
