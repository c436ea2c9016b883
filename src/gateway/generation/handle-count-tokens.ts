import type { ModelName, TaskConstraints } from '../../contracts/index.ts';
import { CALLER_FORMATS, type CallerFormat, getToolIdRule, spliceChanges } from '../../protocol/index.ts';
import {
	callWithoutRefused,
	createUpstreamTarget,
	type Deployment,
	type Endpoint,
	takesFormat,
} from '../../providers/index.ts';
import { parseModelChoice } from '../../system/index.ts';
import { isObject } from '../../util/index.ts';
import { requireModelAccess } from '../keys/index.ts';
import { giveWay, omitBodyField, sendJson } from '../request/index.ts';
import type { GatewayRoute } from '../routes.ts';
import { fitAttempt, selectForwardedHeaders } from './attempt.ts';
import { type HintedRequest, type RequestContext, withKeyLimits } from './request-context.ts';
import { createDroppedHeader } from './send-answer.ts';
import { fetchAnswer } from './whole-answer.ts';

/** Milliseconds until a provider must have counted. */
const COUNT_TIMEOUT_MS = 15_000;

type CountRoute = Extract<GatewayRoute, { kind: 'count-tokens' }>;

/** The first deployment of the model that speaks the caller's format; `null` where it does not count. */
async function findCounter(
	model: ModelName,
	format: CallerFormat,
	{ deployments, runtime }: RequestContext,
): Promise<{ deployment: Deployment; modelId: string; endpoint: Endpoint } | null> {
	const profile = runtime.system.router.catalog.get(model);
	const getId = (deployment: Deployment) => deployment.getModelId(profile) ?? profile.modelId;
	const deployment = deployments
		.idsServing(model)
		.flatMap((id) => deployments.find(id) ?? [])
		.find((candidate) => takesFormat(candidate, format.name, getId(candidate)));
	if (deployment === undefined) return null;
	const modelId = getId(deployment);
	const endpoint = await deployment.endpoint({ format: format.name, modelId, operation: 'count-tokens' });
	return endpoint === null ? null : { deployment, modelId, endpoint };
}

/** Whether the text may be sent to the model's provider: the model is served, and the caller's limits allow it. */
function isAllowed(model: ModelName, constraints: TaskConstraints, { runtime }: RequestContext): boolean {
	const { classifier, router } = runtime.system;
	// what is counted may be longer than any model takes: the length is no limit here
	const descriptor = { ...classifier.classify('Count the tokens'), constraints };
	return router.createAdmission({ descriptor, scores: [] })(model) === null;
}

/** Counts a request's tokens, within the limits of the caller's key: by the provider where one model is named and its provider counts, else as the router estimates them, and says so. */
export async function handleCountTokens(
	read: HintedRequest,
	route: CountRoute,
	context: RequestContext,
): Promise<void> {
	await withKeyLimits(context, 0, () => countTokens(read, route, context));
}

async function countTokens(
	{ request, response, raw, body: hinted, hints }: HintedRequest,
	route: CountRoute,
	context: RequestContext,
): Promise<void> {
	const format = CALLER_FORMATS[route.format];
	const { caller, clock, inFlight, refusals, runtime, upstream } = context;
	const { catalog } = runtime.system.router;
	const withoutHints = omitBodyField(raw, hinted, 'switchyard');
	const [text, body] = format.listSingles?.(...withoutHints) ?? withoutHints;
	const path = route.model === null ? {} : { model: route.model };
	// Gemini's clients may wrap the request whose tokens are counted.
	const wrapped = route.format === 'gemini' ? body['generateContentRequest'] : undefined;
	const wire = format.readRequest({ max_tokens: 1, ...(isObject(wrapped) ? wrapped : body) }, path);
	await giveWay(raw);
	const { model } = parseModelChoice(wire.model, runtime.system.router);
	if (model !== undefined) requireModelAccess(caller.key, catalog.get(model));
	const mayCall = model !== undefined && isAllowed(model, hints.constraints, context);
	const counter = mayCall ? await findCounter(model, format, context) : null;
	if (model === undefined || counter === null) {
		const field = route.format === 'gemini' ? 'totalTokens' : 'input_tokens';
		const { estimatedInputTokens } = runtime.system.classifier.classify(wire.conversation);
		return sendJson(response, 200, { [field]: estimatedInputTokens }, { 'x-switchyard-estimated': 'true' });
	}
	const { deployment, endpoint, modelId } = counter;
	const profile = catalog.get(model);
	const signal = inFlight.track(response);
	const forwardedHeaders = selectForwardedHeaders(request.headers);
	const fitting = { ids: [profile.modelId, profile.id], family: profile.family };
	// what is counted is what would be sent
	const count = async (call: Pick<Parameters<typeof fitAttempt>[0], 'fitting'>) => {
		const isWrapped = isObject(wrapped);
		const target = { ...call, deployment, format, forwardedHeaders, modelId };
		const fitted = fitAttempt({ ...target, body: isWrapped ? wrapped : body });
		const changed = isWrapped ? { ...body, generateContentRequest: fitted.body } : fitted.body;
		const toolIds = getToolIdRule(format.name, { isCompatible: deployment.isCompatible, modelId });
		const spliced = format.spliceRequest(spliceChanges(text, body, changed), changed, { model: modelId, toolIds });
		const sent = { endpoint, headers: forwardedHeaders, body: spliced.bytes };
		const { body: counted } = await fetchAnswer({
			clock,
			target: createUpstreamTarget(deployment, modelId),
			modelName: model,
			signal,
			timeouts: { firstOutputMs: COUNT_TIMEOUT_MS, idleMs: COUNT_TIMEOUT_MS },
			send: async (handler) => upstream.send(sent, handler),
		});
		return { counted, dropped: fitted.dropped };
	};
	const call = { deployment, modelId, fitting, onRefused() {} };
	const { counted, dropped } = await callWithoutRefused(call, refusals, count);
	sendJson(response, 200, counted, { 'x-switchyard-deployment': deployment.id, ...createDroppedHeader(dropped) });
}
