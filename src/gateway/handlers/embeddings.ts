import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attribution, ModelProfile, Usage } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { CALLER_FORMATS, readOpenAiChatUsage } from '../../protocol/index.ts';
import { calledModel } from '../../providers/index.ts';
import { answerHead } from '../answer-head.ts';
import { fetchWhole, type WholeAnswer } from '../attempts/index.ts';
import type { Caller } from '../caller.ts';
import { formatCost } from '../format-cost.ts';
import type { GenerationPorts } from '../generation.ts';
import { requireModel } from '../keys/index.ts';
import type { KeyLimiter } from '../limits/index.ts';
import { readBody } from '../read-body.ts';
import { type JsonObject, readJson } from '../read-json.ts';
import { withinLimits } from './within-limits.ts';

/** Milliseconds a provider is given to embed. */
const EMBED_TIMEOUT_MS = 60_000;
/** Characters per token, for what a key's limit of tokens is held against. */
const CHARACTERS_PER_TOKEN = 4;

type EmbeddingContext = GenerationPorts & { caller: Caller; limiter: KeyLimiter };

interface EmbeddingAnswer {
	usage: Usage;
	dropped: readonly string[];
	answer: WholeAnswer;
	deployment: string;
	attempt: number;
}

/** The texts to be embedded, for estimating; token lists are as long as they are. */
function textsOf({ input }: JsonObject): string[] {
	const list = Array.isArray(input) ? input : [input];
	const isTokens = list.every((token) => typeof token === 'number');
	const texts = isTokens ? [list.map(() => 'four').join('')] : list.map((one) => textOf(one));
	if (texts.length > 0 && texts.every((text) => text !== null && text !== ''))
		return texts.filter((text) => text !== null);
	throw new InvalidInputError('input must be a text, a list of texts, or tokens; none may be empty.');
}

function textOf(one: unknown): string | null {
	if (typeof one === 'string') return one;
	return Array.isArray(one) && one.every((token) => typeof token === 'number') ? one.map(() => 'four').join('') : null;
}

/** `POST /v1/embeddings`: one model, by name, at whichever deployment answers; another model's vectors would mean nothing. */
export async function handleEmbeddings(
	{ request, response }: { request: IncomingMessage; response: ServerResponse },
	context: EmbeddingContext,
): Promise<void> {
	const text = await readBody(request, context.runtime.config.limits.maxBodyBytes);
	const body = readJson(text);
	await withinLimits(context, Math.ceil(text.length / CHARACTERS_PER_TOKEN), () =>
		embed(response, { text, body }, context),
	);
}

/** Whom the money is spent for. */
function attributionOf({ key }: Caller): { attribution?: Attribution } {
	if (key === null) return {};
	const { id, tags, team } = key;
	return { attribution: { key: id, ...(team === null ? {} : { team }), ...(tags.length === 0 ? {} : { tags }) } };
}

async function embed(
	response: ServerResponse,
	{ body, text }: { text: string; body: JsonObject },
	context: EmbeddingContext,
): Promise<void> {
	const { caller, clock, deployments, runtime, upstream } = context;
	const { system } = runtime;
	const profile: ModelProfile = system.router.catalog.get(typeof body['model'] === 'string' ? body['model'] : '');
	requireModel(caller.key, profile);
	const conversation = { messages: textsOf(body).map((content) => ({ role: 'user', content })) };
	const attribution = attributionOf(caller);
	const constraints = { preferredModel: profile.name, allowedModels: [profile.name] };
	const decision = await system.routeTask(conversation, { constraints, ...attribution });
	const signal = context.running.signalOf(response);
	const { costNanoUsd, value } = await system.executeDecision(
		decision,
		async (model, given): Promise<EmbeddingAnswer> => {
			const deployment = given.deployment === undefined ? undefined : deployments.find(given.deployment);
			const modelId = deployment?.modelIdOf(profile) ?? profile.modelId;
			const endpoint = await deployment?.endpoint({ format: 'openai-chat', modelId, operation: 'embeddings' });
			if (deployment === undefined || !endpoint) {
				throw new InvalidInputError(`No deployment here serves embeddings of ${model}.`);
			}
			const answer = await fetchWhole({
				clock,
				called: calledModel(deployment, modelId),
				name: model,
				signal: given.signal,
				patience: { firstOutputMs: EMBED_TIMEOUT_MS, idleMs: EMBED_TIMEOUT_MS },
				send: async (reader) =>
					upstream.send(
						{
							endpoint,
							headers: {},
							body: CALLER_FORMATS['openai-chat'].spliceRequest(text, body, { model: modelId }),
						},
						reader,
					),
			});
			const usage = readOpenAiChatUsage(answer.body['usage']);
			return { usage, dropped: [], answer, deployment: deployment.id, attempt: given.attempt };
		},
		{
			...attribution,
			signal,
			control: {
				deploymentsOf: (model) => deployments.idsOf(model),
				timeoutMs: Number.POSITIVE_INFINITY,
				maxOutputTokens: 0,
			},
		},
	);
	const { answer, attempt, deployment } = value;
	const { requestId, status } = answer;
	const facts = { status, contentType: 'application/json', requestId, dropped: [] };
	const head = answerHead({ ...facts, decision, model: profile.name, deployment, attempt });
	const length = answer.bytes.length;
	response.writeHead(status, {
		...head.headers,
		'x-switchyard-cost': formatCost(costNanoUsd),
		'content-length': length,
	});
	response.end(answer.bytes);
}
