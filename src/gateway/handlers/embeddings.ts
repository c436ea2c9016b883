import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelProfile, Usage } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { CALLER_FORMATS, meteredUsage, recogniseUsage } from '../../protocol/index.ts';
import { calledModel, invalidAnswer } from '../../providers/index.ts';
import type { TaskExecutor } from '../../system/index.ts';
import { answerHead } from '../answer-head.ts';
import { type AgainPorts, giveAgain } from '../answers/give-again.ts';
import { fetchWhole, headerReader, type WholeAnswer } from '../attempts/index.ts';
import { attributionOf } from '../attribution.ts';
import type { Caller } from '../caller.ts';
import { chooseEmbeddingModel } from '../choose-embedding-model.ts';
import { formatCost } from '../format-cost.ts';
import type { GenerationPorts } from '../generation.ts';
import { requireModel } from '../keys/index.ts';
import type { KeyLimiter } from '../limits/index.ts';
import { type EmbeddingInput, readEmbeddingInput } from '../read-embedding-input.ts';
import { isJsonObject, type JsonObject, readJson } from '../read-json.ts';
import { readWishes, type Wishes } from '../read-wishes.ts';
import type { AnswerListener } from '../stream-sink.ts';
import { withoutMember } from '../without-member.ts';
import { withinLimits } from './within-limits.ts';

/** Milliseconds a provider is given to embed. */
const EMBED_TIMEOUT_MS = 60_000;
/** Characters per token, for what a key's limit of tokens is held against. */
const CHARACTERS_PER_TOKEN = 4;

/** What embedding needs. */
export type EmbeddingContext = GenerationPorts & AgainPorts & { caller: Caller; limiter: KeyLimiter };

/** A request for embeddings, read. */
interface EmbeddingRequest {
	text: string;
	body: JsonObject;
	input: EmbeddingInput;
	profile: ModelProfile;
	/** Input tokens as counted or expected. */
	expectedTokens: number;
	/** What an answer that is of no use says it used. */
	billed?: Usage | null;
}

interface EmbeddingAnswer {
	usage: Usage;
	answer: WholeAnswer;
	deployment: string;
}

/** What the provider counted; Gemini counts nothing here, so what was expected stands in for it, marked as estimated. */
function usageOf({ body }: WholeAnswer, { expectedTokens, input }: EmbeddingRequest): Usage {
	const said = isJsonObject(body['usage']) ? recogniseUsage(body) : null;
	if (said !== null) return said.usage;
	return meteredUsage({ inputTokens: input.tokens ?? Math.ceil(expectedTokens), outputTokens: 0 });
}

/** Calls one deployment after the other, of one model. */
function embedder(request: EmbeddingRequest, context: EmbeddingContext): TaskExecutor<EmbeddingAnswer> {
	const { clock, deployments, limits, upstream } = context;
	const { profile, text, body, input } = request;
	return async (model, given) => {
		const deployment = deployments.find(given.deployment ?? '');
		const modelId = deployment?.modelIdOf(profile) ?? profile.modelId;
		if (deployment === undefined)
			throw new InvalidInputError(
				`No deployment here serves ${model}. List it under "deployments", or set its provider's key.`,
			);
		const called = calledModel(deployment, modelId);
		const endpoint = await deployment.endpoint({ format: 'openai-chat', modelId, operation: 'embeddings' });
		if (endpoint === null) throw invalidAnswer(called, 'serves no embeddings', { status: 404 });
		const target = { model, deployment: deployment.id };
		const changed = CALLER_FORMATS['openai-chat'].spliceRequest(text, body, { model: modelId });
		limits.send(target, request.expectedTokens);
		const answer = await fetchWhole({
			clock,
			called,
			name: model,
			signal: given.signal,
			patience: { firstOutputMs: EMBED_TIMEOUT_MS, idleMs: EMBED_TIMEOUT_MS },
			send: async (reader) => upstream.send({ endpoint, headers: {}, body: changed }, reader),
			onHead: (_status, headers) => limits.observe(target, headerReader(headers).get, clock.now()),
		});
		const { data } = answer.body;
		if (!Array.isArray(data) || data.length !== input.count) {
			request.billed = isJsonObject(answer.body['usage']) ? usageOf(answer, request) : null;
			throw invalidAnswer(called, `answered with another number of embeddings than the ${input.count} asked for`);
		}
		return { usage: usageOf(answer, request), answer, deployment: deployment.id };
	};
}

/** Read once: the next attempt has its own. */
function takeBilled(request: EmbeddingRequest): Usage | undefined {
	const { billed } = request;
	request.billed = null;
	return billed ?? undefined;
}

function isEmbedded(value: unknown): value is EmbeddingAnswer {
	return typeof value === 'object' && value !== null && 'usage' in value;
}

/** `POST /v1/embeddings`: one model, by name, at whichever deployment answers; another model's vectors would mean nothing. */
export async function handleEmbeddings(
	{ request, response, text: raw }: { request: IncomingMessage; response: ServerResponse; text: string },
	context: EmbeddingContext,
): Promise<void> {
	const whole = readJson(raw);
	const wishes = readWishes(request.headers, whole);
	const [text, body] = withoutMember(raw, whole, 'switchyard');
	const profile = chooseEmbeddingModel(body['model'], context);
	const input = readEmbeddingInput(body);
	requireModel(context.caller.key, profile);
	const expectedTokens = input.tokens ?? Math.ceil(text.length / CHARACTERS_PER_TOKEN);
	const { caller, running } = context;
	const asked = { text, body, input, profile, wishes, expectedTokens };
	const again = { http: { request, response }, raw, wishes, caller, signal: running.signalOf(response) };
	await withinLimits(context, expectedTokens, () =>
		giveAgain(again, context, async (listener) => {
			await answer({ response, listener }, asked, context);
			return true;
		}),
	);
}

async function answer(
	{ listener, response }: { response: ServerResponse; listener: AnswerListener | null },
	asked: EmbeddingRequest & { wishes: Wishes },
	context: EmbeddingContext,
): Promise<void> {
	const { caller, clock, deployments, limits, runtime } = context;
	const { input, profile, wishes } = asked;
	const { system } = runtime;
	const attribution = attributionOf(caller, { tags: wishes.tags, session: wishes.session });
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
	const { attempts, costNanoUsd, value } = await system.executeDecision(decision, embedder(embedding, context), {
		attribution,
		signal: context.running.signalOf(response),
		deadlineMs: wishes.timeoutMs ?? runtime.config.limits.requestTimeoutMs,
		control: {
			isBoundToModel: true,
			deploymentsOf: (model) => deployments.idsOf(model),
			credentialOf: (_model, deployment) => deployments.find(deployment ?? '')?.credential,
			availableAt: (model, deployment) =>
				deployment === null ? 0 : limits.availableAt({ model, deployment }, expectedTokens, clock.now()),
			timeoutMs: Number.POSITIVE_INFINITY,
			maxOutputTokens: 0,
			usageOf: (embedded) => (isEmbedded(embedded) ? embedded.usage : null),
			usageOfFailure: () => takeBilled(embedding),
		},
	});
	const { bytes, requestId, status } = value.answer;
	const attempt = attempts.filter(({ outcome }) => outcome !== 'skipped').length;
	const { headers } = answerHead({
		...{ status, contentType: 'application/json', requestId, dropped: [] },
		...{ decision, model: profile.name, deployment: value.deployment, attempt },
	});
	const said = { ...headers, 'x-switchyard-cost': formatCost(costNanoUsd) };
	listener?.head({ status, headers: said });
	listener?.data(bytes);
	if (response.destroyed) return;
	response.writeHead(status, { ...said, 'content-length': bytes.length });
	response.end(bytes);
}
