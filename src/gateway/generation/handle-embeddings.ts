import type { IncomingMessage, ServerResponse } from 'node:http';
import { CHARACTERS_PER_TOKEN, type ModelProfile, type Usage } from '../../contracts/index.ts';
import { CALLER_FORMATS, createMeteredUsage, recogniseUsage } from '../../protocol/index.ts';
import { createInvalidAnswerError, createUpstreamTarget } from '../../providers/index.ts';
import { UsageMeter } from '../../relay/index.ts';
import type { TaskExecutor } from '../../system/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { requireModelAccess } from '../keys/index.ts';
import { createAttribution } from '../keys/key-ring.ts';
import { type HintedBody, omitBodyField, type RoutingHints } from '../request/index.ts';
import { createHeaderReader } from './attempt.ts';
import { type EmbeddingInput, parseEmbeddingInput, resolveEmbeddingModel } from './embedding-request.ts';
import { type RequestContext, withKeyLimits } from './request-context.ts';
import { type AnswerListener, createAnswerHead, sendWholeAnswer } from './send-answer.ts';
import { type FetchedAnswer, fetchAnswer } from './whole-answer.ts';

/** Milliseconds until a provider must have embedded. */
const EMBED_TIMEOUT_MS = 60_000;

/** A request for embeddings, parsed. */
interface EmbeddingRequest {
	/** The body without the field that is meant for the gateway. */
	text: string;
	/** `text`, parsed. */
	body: JsonObject;
	input: EmbeddingInput;
	profile: ModelProfile;
	hints: RoutingHints;
	signal: AbortSignal;
}

interface EmbeddingAnswer {
	usage: Usage;
	answer: FetchedAnswer;
	deployment: string;
}

/** `POST /v1/embeddings`: one model, by name, at whichever deployment answers. */
export async function handleEmbeddings(
	{ request, response, raw, body: hinted, hints }: { request: IncomingMessage; response: ServerResponse } & HintedBody,
	context: RequestContext,
): Promise<void> {
	const { caller, inFlight, replay, runtime } = context;
	const [text, body] = omitBodyField(raw, hinted, 'switchyard');
	const profile = resolveEmbeddingModel(body['model'], context);
	const input = parseEmbeddingInput(body);
	requireModelAccess(caller.key, profile);
	const signal = inFlight.track(response);
	const expectedTokens = input.tokens ?? Math.ceil(text.length / CHARACTERS_PER_TOKEN);
	const replayable = { request, response, raw, caller, hints, config: runtime.config, signal };
	await withKeyLimits(context, expectedTokens, () =>
		replay.replayOrRun(replayable, async (listener) => {
			await embed({ text, body, input, profile, hints, signal }, context, { response, listener });
			return true;
		}),
	);
}

async function embed(
	request: EmbeddingRequest,
	context: RequestContext,
	{ listener, response }: { response: ServerResponse; listener: AnswerListener | null },
): Promise<void> {
	const { caller, clock, deployments, limits, runtime } = context;
	const { hints, input, profile, signal } = request;
	const { config, system } = runtime;
	const attribution = createAttribution(caller, { tags: hints.tags, session: hints.session });
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
			tokens: { output: 0, input: input.tokens ?? undefined },
		},
	);
	const expectedTokens = decision.descriptor.estimatedInputTokens;
	const meter = new UsageMeter();
	const executor = createEmbeddingExecutor(request, context, { expectedTokens, meter });
	const { attempts, costNanoUsd, value } = await system.executeDecision(decision, executor, {
		attribution,
		signal,
		deadlineMs: hints.timeoutMs ?? config.limits.requestTimeoutMs,
		hooks: {
			...limits.createHooks(deployments, { clock, tokens: expectedTokens }),
			isPinnedToModel: true,
			timeoutMs: Number.POSITIVE_INFINITY,
			maxOutputTokens: 0,
			usageOf: ({ usage }) => usage,
			meterFailure: () => meter.take(),
		},
	});
	const { answer, deployment } = value;
	const head = createAnswerHead({
		status: answer.status,
		contentType: 'application/json',
		requestId: answer.requestId,
		dropped: [],
		decision,
		model: profile.name,
		deployment,
		attempt: attempts.filter(({ outcome }) => outcome !== 'skipped').length,
	});
	sendWholeAnswer(response, { head, body: answer.bytes }, { costNanoUsd, listener });
}

function createEmbeddingExecutor(
	{ body, input, profile, text }: EmbeddingRequest,
	{ clock, deployments, limits, upstream }: RequestContext,
	{ expectedTokens, meter }: { expectedTokens: number; meter: UsageMeter },
): TaskExecutor<EmbeddingAnswer> {
	return async (model, context) => {
		const { deployment, modelId } = deployments.resolve(profile, context.deployment ?? null);
		const target = createUpstreamTarget(deployment, modelId);
		const endpoint = await deployment.endpoint({ format: 'openai-chat', modelId, operation: 'embeddings' });
		if (endpoint === null) throw createInvalidAnswerError(target, 'serves no embeddings', { status: 404 });
		const limited = { model, deployment: deployment.id };
		const changed = CALLER_FORMATS['openai-chat'].spliceRequest(text, body, { model: modelId });
		limits.countRequest(limited, { tokens: expectedTokens });
		const answer = await fetchAnswer({
			clock,
			target,
			modelName: model,
			signal: context.signal,
			timeouts: { firstOutputMs: EMBED_TIMEOUT_MS, idleMs: EMBED_TIMEOUT_MS },
			send: async (handler) => upstream.send({ endpoint, headers: {}, body: changed }, handler),
			onHead: (_status, headers) => limits.observe(limited, createHeaderReader(headers).get, clock.now()),
		});
		const reported = isObject(answer.body['usage']) ? recogniseUsage(answer.body) : null;
		// Gemini reports no usage here: what was expected takes its place, marked as estimated.
		const inputTokens = input.tokens ?? Math.ceil(expectedTokens);
		const usage = reported?.usage ?? createMeteredUsage({ inputTokens, outputTokens: 0 });
		const { data } = answer.body;
		if (!Array.isArray(data) || data.length !== input.count) {
			if (isObject(answer.body['usage'])) meter.set(() => usage);
			const what = `answered with another number of embeddings than the ${input.count} asked for`;
			throw createInvalidAnswerError(target, what);
		}
		return { usage, answer, deployment: deployment.id };
	};
}
