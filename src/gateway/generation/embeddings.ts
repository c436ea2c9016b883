import type { IncomingMessage, ServerResponse } from 'node:http';
import { CHARACTERS_PER_TOKEN, type ModelProfile, type Usage } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { CALLER_FORMATS, createMeteredUsage, recogniseUsage } from '../../protocol/index.ts';
import { createInvalidAnswerError, createUpstreamTarget } from '../../providers/index.ts';
import { UsageMeter } from '../../relay/index.ts';
import type { TaskExecutor } from '../../system/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type Caller, createAttribution } from '../keys/caller.ts';
import { requireModelAccess } from '../keys/index.ts';
import type { KeyLimiter } from '../limits/index.ts';
import { type ReplayPorts, replayOrRun } from '../replay/replay-or-run.ts';
import { omitBodyField } from '../request/json-body.ts';
import type { HintedBody, RoutingHints } from '../request/routing-hints.ts';
import { createAnswerHead, formatCostHeader } from './answer-head.ts';
import { createHeaderReader } from './attempt-reader.ts';
import type { GenerationPorts } from './generation.ts';
import { withKeyLimits } from './request-context.ts';
import { resolveEmbeddingModel } from './requested-model.ts';
import type { AnswerListener } from './stream-sink.ts';
import { type FetchedAnswer, fetchAnswer } from './whole-answer.ts';

/** Milliseconds a provider is given to embed. */
const EMBED_TIMEOUT_MS = 60_000;

/** What embedding needs. */
export type EmbeddingContext = GenerationPorts & ReplayPorts & { caller: Caller; limiter: KeyLimiter };

/** A request for embeddings, read. */
interface EmbeddingRequest {
	text: string;
	body: JsonObject;
	input: EmbeddingInput;
	profile: ModelProfile;
	/** Input tokens as counted or expected. */
	expectedTokens: number;
	/** What an answer that is of no use says it used. */
	meter: UsageMeter;
}

interface EmbeddingAnswer {
	usage: Usage;
	answer: FetchedAnswer;
	deployment: string;
}

/** What the provider counted; Gemini counts nothing here, so what was expected stands in for it, marked as estimated. */
function usageOf({ body }: FetchedAnswer, { expectedTokens, input }: EmbeddingRequest): Usage {
	const said = isObject(body['usage']) ? recogniseUsage(body) : null;
	if (said !== null) return said.usage;
	return createMeteredUsage({ inputTokens: input.tokens ?? Math.ceil(expectedTokens), outputTokens: 0 });
}

/** Calls one deployment after the other, of one model. */
function createEmbeddingExecutor(request: EmbeddingRequest, context: EmbeddingContext): TaskExecutor<EmbeddingAnswer> {
	const { clock, deployments, limits, upstream } = context;
	const { profile, text, body, input } = request;
	return async (model, given) => {
		const deployment = deployments.find(given.deployment ?? '');
		const modelId = deployment?.getModelId(profile) ?? profile.modelId;
		if (deployment === undefined)
			throw new InvalidInputError(
				`No deployment here serves ${model}. List it under "deployments", or set its provider's key.`,
			);
		const called = createUpstreamTarget(deployment, modelId);
		const endpoint = await deployment.endpoint({ format: 'openai-chat', modelId, operation: 'embeddings' });
		if (endpoint === null) throw createInvalidAnswerError(called, 'serves no embeddings', { status: 404 });
		const target = { model, deployment: deployment.id };
		const changed = CALLER_FORMATS['openai-chat'].spliceRequest(text, body, { model: modelId });
		limits.countRequest(target, { tokens: request.expectedTokens });
		const answer = await fetchAnswer({
			clock,
			target: called,
			modelName: model,
			signal: given.signal,
			timeouts: { firstOutputMs: EMBED_TIMEOUT_MS, idleMs: EMBED_TIMEOUT_MS },
			send: async (reader) => upstream.send({ endpoint, headers: {}, body: changed }, reader),
			onHead: (_status, headers) => limits.observe(target, createHeaderReader(headers).get, clock.now()),
		});
		const { data } = answer.body;
		if (!Array.isArray(data) || data.length !== input.count) {
			if (isObject(answer.body['usage'])) request.meter.set(() => usageOf(answer, request));
			throw createInvalidAnswerError(
				called,
				`answered with another number of embeddings than the ${input.count} asked for`,
			);
		}
		return { usage: usageOf(answer, request), answer, deployment: deployment.id };
	};
}

function isEmbedded(value: unknown): value is EmbeddingAnswer {
	return typeof value === 'object' && value !== null && 'usage' in value;
}

/** `POST /v1/embeddings`: one model, by name, at whichever deployment answers; another model's vectors would mean nothing. */
export async function handleEmbeddings(
	{
		request,
		response,
		raw,
		body: whole,
		hints: wishes,
	}: { request: IncomingMessage; response: ServerResponse } & HintedBody,
	context: EmbeddingContext,
): Promise<void> {
	const [text, body] = omitBodyField(raw, whole, 'switchyard');
	const profile = resolveEmbeddingModel(body['model'], context);
	const input = parseEmbeddingInput(body);
	requireModelAccess(context.caller.key, profile);
	const expectedTokens = input.tokens ?? Math.ceil(text.length / CHARACTERS_PER_TOKEN);
	const { caller, running } = context;
	const asked = { text, body, input, profile, wishes, expectedTokens, meter: new UsageMeter() };
	const again = { http: { request, response }, raw, wishes, caller, signal: running.track(response) };
	await withKeyLimits(context, expectedTokens, () =>
		replayOrRun(again, context, async (listener) => {
			await answer({ response, listener }, asked, context);
			return true;
		}),
	);
}

async function answer(
	{ listener, response }: { response: ServerResponse; listener: AnswerListener | null },
	asked: EmbeddingRequest & { wishes: RoutingHints },
	context: EmbeddingContext,
): Promise<void> {
	const { caller, clock, deployments, limits, runtime } = context;
	const { input, profile, wishes } = asked;
	const { system } = runtime;
	const attribution = createAttribution(caller, { tags: wishes.tags, session: wishes.session });
	const messages = input.texts.map((content) => ({ role: 'user', content }));
	const decision = await system.routeTask(
		{ messages },
		{
			attribution,
			constraints: {
				preferredModel: profile.name,
				allowedModels: [profile.name],
				requiredCapabilities: ['embeddings'],
			},
			tokens: { output: 0, ...(input.tokens === null ? {} : { input: input.tokens }) },
		},
	);
	const expectedTokens = decision.descriptor.estimatedInputTokens;
	const embedding: EmbeddingRequest = { ...asked, expectedTokens };
	const { attempts, costNanoUsd, value } = await system.executeDecision(
		decision,
		createEmbeddingExecutor(embedding, context),
		{
			attribution,
			signal: context.running.track(response),
			deadlineMs: wishes.timeoutMs ?? runtime.config.limits.requestTimeoutMs,
			hooks: {
				isPinnedToModel: true,
				getDeployments: (model) => deployments.idsServing(model),
				getCredential: (_model, deployment) => deployments.find(deployment ?? '')?.credential,
				availableAt: (model, deployment) =>
					deployment === null ? 0 : limits.availableAt({ model, deployment }, { tokens: expectedTokens }, clock.now()),
				timeoutMs: Number.POSITIVE_INFINITY,
				maxOutputTokens: 0,
				usageOf: (embedded) => (isEmbedded(embedded) ? embedded.usage : null),
				meterFailure: () => embedding.meter.take(),
			},
		},
	);
	const { bytes, requestId, status } = value.answer;
	const attempt = attempts.filter(({ outcome }) => outcome !== 'skipped').length;
	const { headers } = createAnswerHead({
		...{ status, contentType: 'application/json', requestId, dropped: [] },
		...{ decision, model: profile.name, deployment: value.deployment, attempt },
	});
	const said = { ...headers, 'x-switchyard-cost': formatCostHeader(costNanoUsd) };
	listener?.onHead({ status, headers: said });
	listener?.onData(bytes);
	if (response.destroyed) return;
	response.writeHead(status, { ...said, 'content-length': bytes.length });
	response.end(bytes);
}

/** Texts of one request, as the API has it. */
const MAX_INPUTS = 2048;

/** What is to be embedded. */
export interface EmbeddingInput {
	/** Vectors that must come back. */
	count: number;
	/** The texts; empty where tokens were given. */
	texts: readonly string[];
	/** Exact where tokens were given; `null`: nobody has counted the texts. */
	tokens: number | null;
}

function refuse(path: string, value: unknown, wanted: string): InvalidInputError {
	const kind = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value;
	// what it says may be anybody's words: numbers are shown, of everything else the kind
	const told = value === '' ? 'empty' : typeof value === 'number' ? String(value) : `of the kind ${kind}`;
	return new InvalidInputError(`${path} is ${value === undefined ? 'missing' : told}; ${wanted}.`);
}

function isToken(value: unknown): boolean {
	return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function readTokens(list: readonly unknown[], path: string): number {
	const wrong = list.findIndex((one) => !isToken(one));
	if (wrong !== -1) throw refuse(`${path}[${wrong}]`, list[wrong], 'a list of tokens holds whole numbers of 0 or more');
	return list.length;
}

function readTokenLists(lists: readonly unknown[]): number {
	return lists.reduce<number>((sum, list, index) => {
		if (!Array.isArray(list) || list.length === 0)
			throw refuse(`input[${index}]`, list, 'every member must be a list of at least one token, like the first');
		return sum + readTokens(list, `input[${index}]`);
	}, 0);
}

function readTexts(list: readonly unknown[]): string[] {
	return list.map((text, index) => {
		if (typeof text === 'string' && text !== '') return text;
		throw refuse(`input[${index}]`, text, 'every member must be a text with something in it, like the first');
	});
}

/** Reads `input` of an embeddings request: a text, a list of texts, tokens, or a list of lists of tokens. @throws InvalidInputError naming the path */
function parseEmbeddingInput({ input }: JsonObject): EmbeddingInput {
	if (typeof input === 'string' && input !== '') return { count: 1, texts: [input], tokens: null };
	if (!Array.isArray(input)) throw refuse('input', input, 'give a text, a list of texts, or tokens');
	const [first] = input;
	if (first === undefined) throw new InvalidInputError('input is an empty list; give at least one text.');
	if (typeof first === 'number') return { count: 1, texts: [], tokens: readTokens(input, 'input') };
	if (input.length > MAX_INPUTS) {
		throw new InvalidInputError(
			`input has ${input.length} members; one request takes ${MAX_INPUTS}. Send the rest in another.`,
		);
	}
	if (Array.isArray(first)) return { count: input.length, texts: [], tokens: readTokenLists(input) };
	return { count: input.length, texts: readTexts(input), tokens: null };
}
