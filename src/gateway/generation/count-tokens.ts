import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelProfile } from '../../contracts/index.ts';
import { CALLER_FORMATS, type CallerFormat } from '../../protocol/index.ts';
import { createUpstreamTarget, type Deployment } from '../../providers/index.ts';
import { parseModelChoice } from '../../system/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import type { Caller } from '../keys/caller.ts';
import { requireModelAccess } from '../keys/index.ts';
import type { KeyLimiter } from '../limits/index.ts';
import { omitBodyField } from '../request/json-body.ts';
import type { HintedBody } from '../request/routing-hints.ts';
import { sendJson } from '../request/send-json.ts';
import type { GatewayRoute } from '../routes.ts';
import type { AttemptReaderOptions } from './attempt-reader.ts';
import { type GenerationPorts, selectForwardedHeaders } from './generation.ts';
import { withKeyLimits } from './request-context.ts';
import { fetchAnswer } from './whole-answer.ts';

/** Milliseconds a provider is given to count. */
const COUNT_TIMEOUT_MS = 15_000;

type CountRoute = Extract<GatewayRoute, { kind: 'count-tokens' }>;

/** What is counted: Gemini may wrap the request it would be. */
function unwrapBody(body: JsonObject, { format }: CountRoute): JsonObject {
	const inner = format === 'gemini' ? body['generateContentRequest'] : undefined;
	return isObject(inner) ? inner : body;
}

/** A deployment that counts in the caller's format, of the model that is meant. */
function findCountingDeployment(
	model: string | undefined,
	format: CallerFormat,
	{ deployments, runtime }: GenerationPorts,
): { deployment: Deployment; profile: ModelProfile } | null {
	if (model === undefined) return null;
	const profile = runtime.system.router.catalog.get(model);
	const serving = deployments.idsServing(model).map((id) => deployments.find(id));
	const deployment = serving.find((one) => one?.formats.includes(format.name) === true);
	return deployment === undefined ? null : { deployment, profile };
}

/** Counts a request's tokens: by the provider where one model is meant and its provider counts, else as the router estimates them, and says so. */
export async function handleCountTokens(
	{ request, response, raw, body: whole }: { request: IncomingMessage; response: ServerResponse } & HintedBody,
	route: CountRoute,
	context: GenerationPorts & { caller: Caller; limiter: KeyLimiter },
): Promise<void> {
	const format = CALLER_FORMATS[route.format];
	const { caller, clock, runtime, upstream } = context;
	const [text, body] = omitBodyField(raw, whole, 'switchyard');
	const counted = unwrapBody(body, route);
	const wire = format.readRequest({ max_tokens: 1, ...counted }, route.model === null ? {} : { model: route.model });
	const { model } = parseModelChoice(wire.model, runtime.system.router);
	if (model !== undefined) requireModelAccess(caller.key, runtime.system.router.catalog.get(model));
	const field = route.format === 'gemini' ? 'totalTokens' : 'input_tokens';
	const counter = findCountingDeployment(model, format, context);
	const endpoint =
		counter === null
			? null
			: await counter.deployment.endpoint({
					format: format.name,
					modelId: counter.deployment.getModelId(counter.profile) ?? counter.profile.modelId,
					operation: 'count-tokens',
				});
	if (counter === null || endpoint === null) {
		const { estimatedInputTokens } = runtime.system.classifier.classify(wire.conversation);
		return sendJson(response, 200, { [field]: estimatedInputTokens }, { 'x-switchyard-estimated': 'true' });
	}
	const modelId = counter.deployment.getModelId(counter.profile) ?? counter.profile.modelId;
	const changed = format.spliceRequest(text, body, { model: modelId });
	const headers = selectForwardedHeaders(request.headers);
	const call: AttemptReaderOptions = {
		clock,
		target: createUpstreamTarget(counter.deployment, modelId),
		modelName: counter.profile.name,
		signal: context.running.track(response),
		timeouts: { firstOutputMs: COUNT_TIMEOUT_MS, idleMs: COUNT_TIMEOUT_MS },
		send: async (reader) => upstream.send({ endpoint, headers, body: changed }, reader),
	};
	const answer = await withKeyLimits(context, 0, () => fetchAnswer(call));
	sendJson(response, 200, answer.body, { 'x-switchyard-deployment': counter.deployment.id });
}
