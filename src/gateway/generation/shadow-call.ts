import type { ModelName, NanoUsd } from '../../contracts/index.ts';
import { SHADOW_TAG } from '../../contracts/index.ts';
import { JUDGE_OUTPUT_TOKENS, type JudgePrompt, type JudgeReply, VERDICT_SCHEMA } from '../../evaluate/index.ts';
import { CALLER_FORMATS, type CallerFormat, JsonText } from '../../protocol/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { RequestIds } from '../request/index.ts';
import { parseSentAnswer, readAnswerText } from './answer-text.ts';
import { ConversationMemory } from './conversation-memory.ts';
import { Generation } from './generation.ts';
import type { GenerationRequest, RequestContext } from './request-context.ts';
import { decodeOnce } from './routing.ts';

/** What a model answered beside a user's request. */
export interface AsideAnswer extends JudgeReply {
	/** `null`: its model has no price. */
	costNanoUsd: NanoUsd | null;
	latencyMs: number;
}

/** A request that is made for nobody's sake: without key, session, cache or login. */
function createContext(context: RequestContext): RequestContext {
	return {
		...context,
		caller: { owner: SHADOW_TAG, key: null },
		memory: new ConversationMemory(),
		ids: new RequestIds({}, null),
		shadow: null,
		onError() {},
		onFirstOutput() {},
	};
}

type Asked = Pick<GenerationRequest, 'body' | 'format' | 'forwardedHeaders'>;

/** Largest answer that is read beside a user's request, bytes. */
export const MAX_ASIDE_BYTES: number = 1024 * 1024;

/** Calls one model, with no other in its place. @throws what routing, budgets and providers throw */
async function callAside(
	{ body, format, forwardedHeaders }: Asked,
	model: ModelName,
	{ context, signal }: { context: RequestContext; signal: AbortSignal },
): Promise<AsideAnswer> {
	const startedAt = context.clock.monotonic();
	const text = JsonText.from(JSON.stringify(body));
	const read = format.readRequest(body, { model, isStream: false });
	let bytes = 0;
	const request: GenerationRequest = {
		format,
		text,
		body,
		wire: { ...read, model, isStream: false, session: null },
		hints: { constraints: {}, tags: [SHADOW_TAG] },
		app: undefined,
		forwardedHeaders,
		signal,
		decoded: decodeOnce(format, { body, text }, context.runtime.config.limits),
		reserveBytes: (more) => {
			bytes += more;
			return bytes <= MAX_ASIDE_BYTES;
		},
	};
	const { executed } = await new Generation(request, createContext(context), null).run();
	const { costNanoUsd, value } = executed;
	const answer = await parseSentAnswer(format, Buffer.from(value.whole?.body ?? ''));
	return {
		text: answer === null ? '' : readAnswerText(format, answer),
		finishReason: value.finishReason ?? '',
		costNanoUsd,
		latencyMs: context.clock.monotonic() - startedAt,
	};
}

/** Asks a model what the caller asked, for a whole answer of at most so many tokens. */
export async function askAgain(
	asked: Asked & Pick<GenerationRequest, 'text'>,
	model: ModelName,
	options: { context: RequestContext; signal: AbortSignal; maxOutputTokens: number },
): Promise<AsideAnswer> {
	const { body, format, text } = asked;
	// the format knows where the limit stands
	const limited = format.spliceRequest(text, body, { model, maxOutputTokens: options.maxOutputTokens });
	const written: unknown = JSON.parse(limited.toString());
	const { stream: _, stream_options: _options, ...whole } = isObject(written) ? written : {};
	return await callAside({ ...asked, body: whole }, model, options);
}

const CHAT: CallerFormat = CALLER_FORMATS['openai-chat'];

/** Sends a judge its prompt. */
export async function askJudge(
	{ system, user }: JudgePrompt,
	judge: ModelName,
	options: { context: RequestContext; signal: AbortSignal },
): Promise<AsideAnswer> {
	const body: JsonObject = {
		model: judge,
		max_completion_tokens: JUDGE_OUTPUT_TOKENS,
		messages: [
			{ role: 'system', content: system },
			{ role: 'user', content: user },
		],
		response_format: { type: 'json_schema', json_schema: { name: 'verdict', strict: true, schema: VERDICT_SCHEMA } },
	};
	return await callAside({ body, format: CHAT, forwardedHeaders: {} }, judge, options);
}
