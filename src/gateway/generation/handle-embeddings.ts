import {
	type Cancellation,
	CHARACTERS_PER_TOKEN,
	type ModelProfile,
	type RoutingDecision,
	type TaskConstraints,
	type Usage,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import {
	CALLER_FORMATS,
	createInputBound,
	type JsonText,
	readOpenAiChatUsage,
	settleUsage,
} from '../../protocol/index.ts';
import { createInvalidAnswerError, createUpstreamTarget } from '../../providers/index.ts';
import { UsageMeter } from '../../relay/index.ts';
import { assertModelHonored, type ExecutedTask, parseModelChoice, type TaskExecutor } from '../../system/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { requireModelAccess } from '../keys/index.ts';
import { createAttribution, hideOthersSpending } from '../keys/key-ring.ts';
import { giveWay, omitBodyField, type RoutingHints } from '../request/index.ts';
import { createHeaderReader } from './attempt.ts';
import { type HintedRequest, type RequestContext, withKeyLimits } from './request-context.ts';
import { createAnswerHead, sendWholeAnswer } from './send-answer.ts';
import { type FetchedAnswer, fetchAnswer } from './whole-answer.ts';

/** Milliseconds until a provider must have embedded. */
const EMBED_TIMEOUT_MS = 60_000;

/** A request for embeddings, parsed. */
interface EmbeddingRequest {
	/** The body without the field that is meant for the gateway. */
	text: JsonText;
	/** `text`, parsed. */
	body: JsonObject;
	input: EmbeddingInput;
	profile: ModelProfile;
	hints: RoutingHints;
	signal: Cancellation;
}

interface EmbeddingAnswer extends FetchedAnswer {
	usage: Usage;
	deployment: string;
}

/** `POST /v1/embeddings`: one model, by name, at whichever deployment answers. */
export async function handleEmbeddings(
	{ request, response, raw, body: hinted, hints }: HintedRequest,
	context: RequestContext,
): Promise<void> {
	const { caller, inFlight, replay, runtime } = context;
	const [text, body] = omitBodyField(raw, hinted, 'switchyard');
	const profile = resolveEmbeddingModel(body['model'], context);
	const input = parseEmbeddingInput(body);
	await giveWay(raw);
	requireModelAccess(caller.key, profile);
	const signal = inFlight.track(response);
	const expectedTokens = input.tokens ?? Math.ceil(text.characters / CHARACTERS_PER_TOKEN);
	const replayable = { request, response, raw, caller, hints, config: runtime.config, signal };
	await withKeyLimits(context, expectedTokens, () =>
		replay.replayOrRun(replayable, async (listener) => {
			const embedding = { text, body, input, profile, hints, signal };
			const { decision, executed } = await embed(embedding, context).catch((error: unknown) => {
				throw hideOthersSpending(error, caller);
			});
			const { attempts, costNanoUsd, value } = executed;
			const attempt = attempts.filter(({ outcome }) => outcome !== 'skipped').length;
			const facts = { contentType: 'application/json', dropped: [], decision, model: profile.name, attempt };
			const head = createAnswerHead({ ...value, ...facts, format: 'openai-chat' });
			sendWholeAnswer(response, { head, body: value.bytes }, { ...value, costNanoUsd, listener });
			return true;
		}),
	);
}

async function embed(
	request: EmbeddingRequest,
	context: RequestContext,
): Promise<{ decision: RoutingDecision; executed: ExecutedTask<EmbeddingAnswer> }> {
	const { caller, clock, deployments, ids, limits, runtime } = context;
	const { body, hints, input, profile, signal, text } = request;
	const { config, system } = runtime;
	const attribution = createAttribution(caller, { tags: hints.tags, session: hints.session });
	const messages = input.texts.map((content) => ({ role: 'user', content }));
	const { name } = profile;
	const route = () =>
		system.routeTask(
			{ messages },
			{
				attribution,
				correlation: ids.describe,
				constraints: createConstraints(request),
				tokens: { output: 0, input: input.tokens ?? undefined },
			},
		);
	const decision = await (ids.trace === null ? route() : ids.trace.decide(name, route));
	ids.decisionId = decision.id;
	assertModelHonored(decision, { model: name });
	await giveWay(text);
	const expectedTokens = decision.descriptor.estimatedInputTokens;
	const meter = new UsageMeter();
	const execute = createEmbeddingExecutor(request, context, { expectedTokens, meter });
	const executor: typeof execute = (model, attempt) =>
		limits.track({ model, deployment: attempt.deployment ?? '' }, { tokens: expectedTokens }, () =>
			execute(model, attempt),
		);
	const executed = await system.executeDecision(decision, executor, {
		attribution,
		signal,
		deadlineMs: hints.timeoutMs ?? config.limits.requestTimeoutMs,
		hooks: {
			...limits.createHooks(deployments, { clock, tokens: expectedTokens }),
			isPinnedToModel: true,
			timeoutMs: Number.POSITIVE_INFINITY,
			maxOutputTokens: 0,
			inputBound: createInputBound({ input: body, bodyBytes: text.length, mayPlanCache: false }),
			usageOf: ({ usage }) => usage,
			meterFailure: () => meter.take(),
		},
	});
	return { decision, executed };
}

/** The caller's limits with the model that it names; another one that they allow does not take its place. */
function createConstraints({ hints, profile: { name } }: EmbeddingRequest): TaskConstraints {
	const { allowedModels = [name] } = hints.constraints;
	return { ...hints.constraints, allowedModels, preferredModel: name, requiredCapabilities: ['embeddings'] };
}

function createEmbeddingExecutor(
	{ body, input, profile, text }: EmbeddingRequest,
	{ clock, deployments, ids, limits, upstream }: RequestContext,
	{ expectedTokens, meter }: { expectedTokens: number; meter: UsageMeter },
): TaskExecutor<EmbeddingAnswer> {
	return async (model, context) => {
		const { deployment, modelId } = deployments.resolve(profile, context.deployment ?? null);
		const target = createUpstreamTarget(deployment, modelId);
		const endpoint = await deployment.endpoint({ format: 'openai-chat', modelId, operation: 'embeddings' });
		if (endpoint === null) throw createInvalidAnswerError(target, 'serves no embeddings', { status: 404 });
		const limited = { model, deployment: deployment.id };
		const changed = CALLER_FORMATS['openai-chat'].spliceRequest(text, body, { model: modelId });
		const call = () =>
			fetchAnswer({
				clock,
				target,
				modelName: model,
				signal: context.cancellation,
				timeouts: { firstOutputMs: EMBED_TIMEOUT_MS, idleMs: EMBED_TIMEOUT_MS },
				send: async (handler) =>
					upstream.send(
						{
							endpoint,
							headers: deployment.passTraceContext === true ? ids.readTraceHeaders() : {},
							body: changed.bytes,
						},
						handler,
					),
				onHead: (status, headers) =>
					limits.observe(limited, createHeaderReader(headers).get, { now: clock.now(), status }),
			});
		const facts = { operation: 'embeddings', model, modelId, provider: profile.provider, deployment } as const;
		const answer = await (ids.trace === null ? call() : ids.trace.attempt(facts, call));
		const reported = isObject(answer.body['usage']) ? readOpenAiChatUsage(answer.body['usage']) : null;
		// Gemini reports no usage here: what was expected takes its place, marked as estimated.
		const metered = { inputTokens: input.tokens ?? Math.ceil(expectedTokens), outputTokens: 0 };
		const most = { inputTokens: profile.contextWindow * input.count, outputTokens: 0 };
		const usage = settleUsage(reported, metered, { limits: most });
		const { data } = answer.body;
		if (!Array.isArray(data) || data.length !== input.count) {
			if (isObject(answer.body['usage'])) meter.set(() => usage);
			const what = `answered with another number of embeddings than the ${input.count} asked for`;
			throw createInvalidAnswerError(target, what);
		}
		return { ...answer, usage, deployment: deployment.id };
	};
}

/**
 * The model that an embeddings request names. The router never chooses one: vectors of different models are not comparable.
 * @throws InvalidInputError for `auto` or a chat model; UnknownModelError
 */
function resolveEmbeddingModel(
	name: unknown,
	{ deployments, runtime }: Pick<RequestContext, 'deployments' | 'runtime'>,
): ModelProfile {
	const { router } = runtime.system;
	const listServed = (): string => {
		const names = deployments.servedModels.filter((model) => router.catalog.get(model).kind === 'embedding');
		return names.length === 0 ? 'none is served here' : names.join(', ');
	};
	if (typeof name !== 'string' || name === '')
		throw new InvalidInputError(`model is missing; name one that makes embeddings (${listServed()}).`);
	const { model } = parseModelChoice(name, router);
	if (model === undefined) {
		throw new InvalidInputError(
			`model is "${name.slice(0, 80)}", and the router does not choose here: vectors of different models cannot be compared. Name one that makes embeddings (${listServed()}).`,
		);
	}
	const profile = router.catalog.get(model);
	if (profile.kind === 'embedding') return profile;
	throw new InvalidInputError(
		`model is "${profile.name}", which answers and makes no embeddings. Name one that does (${listServed()}).`,
	);
}

/** Texts of one request, as OpenAI's API allows. */
const MAX_INPUTS = 2048;

/** What is to be embedded. */
interface EmbeddingInput {
	/** Vectors that must come back. */
	count: number;
	/** The texts; empty where tokens were given. */
	texts: readonly string[];
	/** Exact where tokens were given; `null` for texts, which are not counted. */
	tokens: number | null;
}

function createInputError(path: string, value: unknown, wanted: string): InvalidInputError {
	const kind = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value;
	// The value may be private text: only numbers are quoted, of everything else the kind.
	const description = value === '' ? 'empty' : typeof value === 'number' ? String(value) : `of the kind ${kind}`;
	return new InvalidInputError(`${path} is ${value === undefined ? 'missing' : description}; ${wanted}.`);
}

function countTokens(list: readonly unknown[], path: string): number {
	const invalid = list.findIndex((token) => typeof token !== 'number' || !Number.isInteger(token) || token < 0);
	if (invalid !== -1)
		throw createInputError(`${path}[${invalid}]`, list[invalid], 'a list of tokens holds whole numbers of 0 or more');
	return list.length;
}

function countTokenLists(lists: readonly unknown[]): number {
	const wanted = 'every member must be a list of at least one token, like the first';
	return lists.reduce<number>((sum, list, index) => {
		const path = `input[${index}]`;
		if (!Array.isArray(list) || list.length === 0) throw createInputError(path, list, wanted);
		return sum + countTokens(list, path);
	}, 0);
}

function requireTexts(list: readonly unknown[]): string[] {
	return list.map((text, index) => {
		if (typeof text === 'string' && text !== '') return text;
		throw createInputError(`input[${index}]`, text, 'every member must be a text with something in it, like the first');
	});
}

/** Parses `input` of an embeddings request: a text, a list of texts, tokens, or a list of lists of tokens. @throws InvalidInputError naming the path */
function parseEmbeddingInput({ input }: JsonObject): EmbeddingInput {
	if (typeof input === 'string' && input !== '') return { count: 1, texts: [input], tokens: null };
	if (!Array.isArray(input)) throw createInputError('input', input, 'give a text, a list of texts, or tokens');
	const [first] = input;
	if (first === undefined) throw new InvalidInputError('input is an empty list; give at least one text.');
	if (typeof first === 'number') return { count: 1, texts: [], tokens: countTokens(input, 'input') };
	const tooMany = `input has ${input.length} members; one request takes ${MAX_INPUTS}. Send the rest in another.`;
	if (input.length > MAX_INPUTS) throw new InvalidInputError(tooMany);
	if (Array.isArray(first)) return { count: input.length, texts: [], tokens: countTokenLists(input) };
	return { count: input.length, texts: requireTexts(input), tokens: null };
}
