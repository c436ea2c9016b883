import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { detectRequestClass, readAnswerSigns } from '../../classify/index.ts';
import {
	type CachedPrefix,
	countInputTokens,
	type ModelName,
	type ModelProfile,
	type RequestClass,
	type RoutingDecision,
	type TaskConstraints,
	type Usage,
} from '../../contracts/index.ts';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import { getModelRules, getObstacle, readFeatures } from '../../model-rules/index.ts';
import {
	type CallerFormat,
	type DecodedRequest,
	hasWebSearch,
	isExactSteps,
	type JsonText,
	parseExactSteps,
} from '../../protocol/index.ts';
import { type Deployment, takesFormat } from '../../providers/index.ts';
import {
	listLaterSignals,
	type ModelChoice,
	parseModelChoice,
	type RouteOptions,
	requireCapabilities,
} from '../../system/index.ts';
import { type JsonObject, runSteps } from '../../util/index.ts';
import { canUseModel, requireModelAccess } from '../keys/index.ts';
import { createAttribution, listUsableModels } from '../keys/key-ring.ts';
import { type BodyLimits, checkArguments, giveWay } from '../request/index.ts';
import type { GenerationRequest, RequestContext } from './request-context.ts';

/** Characters of a sentence that lists names. */
const MAX_NOTE_CHARACTERS = 500;

/** Whose models make the reasoning that a format's conversations carry, where the model itself is not known any more. */
const PROVIDER_BY_FORMAT: Readonly<Partial<Record<CallerFormat['name'], string>>> = {
	'anthropic-messages': 'anthropic',
	'openai-responses': 'openai',
	gemini: 'google',
};

/** What the request's model name asks for. @throws InvalidInputError, UnknownModelError, RequestRefusedError for a model that the key may not use */
export function resolveModelChoice(model: string, { caller, runtime }: RequestContext): ModelChoice {
	const { router } = runtime.system;
	const choice = parseModelChoice(model, router);
	if (choice.model === undefined) return choice;
	const profile = router.catalog.get(choice.model);
	if (profile.kind === 'embedding')
		throw new InvalidInputError(
			`model is "${profile.name}", which makes embeddings and answers nothing. Send it to POST /v1/embeddings, or ask for "auto".`,
		);
	requireModelAccess(caller.key, profile);
	return choice;
}

/** What the request, its hints and its caller's key ask of the router. */
export function createRouteOptions(
	request: GenerationRequest,
	context: RequestContext,
	choice: ModelChoice,
): RouteOptions {
	const { hints } = request;
	const { model } = choice;
	const requestClass = getRequestClass(request);
	const rule = model === undefined && requestClass !== undefined ? CLASS_RULES[requestClass] : undefined;
	const cachedPrefix = model === undefined && rule?.isApart !== true ? getCachedPrefix(request, context) : undefined;
	const keeper = rule?.staysWithSession === true ? cachedPrefix?.model : undefined;
	const { catalog } = context.runtime.system.router;
	const { requiredCapabilities, unservable } = requireCapabilities(request.wire.requiredCapabilities, choice, catalog);
	const constraints: TaskConstraints = { ...createConstraints(request, context), requiredCapabilities };
	if (model !== undefined) constraints.preferredModel = model;
	else if (cachedPrefix === undefined) Object.assign(constraints, keepReasoning(request));
	if (keeper !== undefined) constraints.preferredModel = keeper;
	return {
		constraints,
		unservable: mergeReasons(
			unservable,
			findUnservable(request, context, choice),
			findObstacles(request, context, choice),
			findLoginModels(context),
			request.preferences?.unservable,
		),
		attribution: createAttribution(context.caller, { tags: hints.tags, session: getSession(request) }),
		notes: (decision) => {
			const notes = rule === undefined ? [] : [`Request class ${requestClass}: ${rule.note}`];
			const target = findTarget(decision.model.name, context);
			if (target === undefined || takesFormat(target.deployment, request.format.name, target.modelId)) return notes;
			return describeDroppedFields(request, target).then((dropped) => [...notes, ...dropped]);
		},
		correlation: context.ids.describe,
		requestClass,
		workload: hints.workload,
		app: request.app,
		policy: choice.policy ?? (model === undefined ? (hints.policy ?? rule?.policy) : undefined),
		cachedPrefix,
		tokens: { maxOutput: request.wire.maxOutputTokens ?? undefined },
	};
}

/** What follows from a request's class where the caller leaves the model to the router. */
interface ClassRule {
	/** In the decision's reasons. */
	note: string;
	/** Used where the caller names none. */
	policy?: string;
	/** Its prompt is not the session's: nothing of it is in the session's cache, and the session goes on with the model it had. */
	isApart?: true;
	/** The whole conversation is sent once more: its prefix is cached at the session's model. */
	staysWithSession?: true;
}

const CHEAPEST_APART: ClassRule = {
	note: 'the cheapest model that can, as nothing depends on its quality',
	policy: 'cheapest',
	isApart: true,
};

const CLASS_RULES: Readonly<Partial<Record<RequestClass, ClassRule>>> = {
	title: CHEAPEST_APART,
	summary: CHEAPEST_APART,
	probe: CHEAPEST_APART,
	'web-search': { note: "routed by itself, as its prompt is not the session's", isApart: true },
	compaction: {
		note: "stays with the session's model, whose provider has the conversation cached",
		staysWithSession: true,
	},
};

/** What the request is made for: as its headers say, else by its shape. `auxiliary` says no more than that it is none of the session's turns. */
function getRequestClass({ format, hints, wire }: GenerationRequest): RequestClass | undefined {
	const named = hints.requestClass;
	if (named !== undefined && named !== 'auxiliary') return named;
	const least = format.name === 'openai-responses' ? LEAST_RESPONSES_TOKENS : 1;
	return detectRequestClass(wire.conversation, wire.maxOutputTokens, least) ?? named;
}

/** The lowest `max_output_tokens`. Source: https://platform.openai.com/docs/api-reference/responses/create (2026-11-29) */
const LEAST_RESPONSES_TOKENS = 16;

/** Where a model is called first. */
interface Target {
	deployment: Deployment;
	profile: ModelProfile;
	/** The model's id there. */
	modelId: string;
}

function findTarget(name: ModelName, { deployments, runtime }: RequestContext): Target | undefined {
	const deployment = deployments.find(deployments.idsServing(name)[0] ?? '');
	const profile = runtime.system.router.catalog.get(name);
	return deployment && { deployment, profile, modelId: deployment.getModelId(profile) ?? profile.modelId };
}

/** Why a model cannot serve a request for what it asks of its provider; `null` where it can. */
function findLack(
	{ format, wire }: GenerationRequest,
	{ deployments, memory }: RequestContext,
	{ deployment, modelId, profile }: Target,
): string | null {
	const isOwn = takesFormat(deployment, format.name, modelId);
	const holder = memory.getHolder(wire.previousResponse);
	const holds = holder === undefined ? isOwn : deployments.idsServing(profile.name).includes(holder);
	if (wire.isHeld && !holds) return 'is not served where the earlier response, conversation or prompt is held';
	const searches = isOwn || hasWebSearch(deployment.getAnswerFormat?.(modelId) ?? null);
	return wire.searchesWeb && !searches ? 'has no web search here' : null;
}

/**
 * The models that cannot serve a request, each with the reason; a model asked for by name is called all the same, and the
 * loss is named. `undefined` for most requests.
 */
function findUnservable(
	request: GenerationRequest,
	context: RequestContext,
	{ model: named }: ModelChoice,
): ReadonlyMap<ModelName, string> | undefined {
	const { wire } = request;
	if (wire.isHeld !== true && wire.searchesWeb !== true) return undefined;
	const { deployments } = context;
	const reasons = new Map<ModelName, string>();
	for (const name of deployments.servedModels) {
		const target = name === named ? undefined : findTarget(name, context);
		const lack = target === undefined ? null : findLack(request, context, target);
		if (lack !== null) reasons.set(name, lack);
	}
	// where no model has it, the best answers without, and the loss is named
	return wire.isHeld !== true && reasons.size === deployments.servedModels.length ? undefined : reasons;
}

/** The models that are served with a login of the caller's client only, which this request has not; `undefined` for most requests. */
function findLoginModels({ deployments }: RequestContext): ReadonlyMap<ModelName, string> | undefined {
	const { modelsWithoutLogin } = deployments;
	if (modelsWithoutLogin.length === 0) return undefined;
	const reason = 'is served with the login of its own client only, which the request has not in that client’s format';
	return new Map(modelsWithoutLogin.map((name) => [name, reason]));
}

/** The models whose rules have no way to say what a request means, each with the reason; `undefined` for most requests. */
function findObstacles(
	{ body, format, wire }: GenerationRequest,
	context: RequestContext,
	{ model: named }: ModelChoice,
): ReadonlyMap<ModelName, string> | undefined {
	const features = readFeatures(format.name, body, wire.requiredCapabilities.includes('vision'));
	if (features === null) return undefined;
	const reasons = new Map<ModelName, string>();
	for (const name of context.deployments.servedModels) {
		const target = findTarget(name, context);
		if (target === undefined || name === named) continue;
		const { deployment, modelId, profile } = target;
		const isOwn = takesFormat(deployment, format.name, modelId);
		// Bedrock has a format of its own, and Claude there the rules that it has in Anthropic's
		const sent = isOwn ? format.name : (deployment.getAnswerFormat?.(modelId) ?? 'anthropic-messages');
		const ids = [modelId, profile.modelId, profile.id];
		const { family } = profile;
		const rules = getModelRules({ family, format: sent, ids, isCompatible: deployment.isCompatible });
		const obstacle = getObstacle(features, rules, sent);
		if (obstacle !== null) reasons.set(name, obstacle);
	}
	return reasons;
}

function mergeReasons(...reasons: RouteOptions['unservable'][]): RouteOptions['unservable'] {
	const known = reasons.filter((each) => each !== undefined);
	return known.length < 2 ? known[0] : new Map(known.flatMap((each) => [...each]));
}

function createConstraints({ hints }: GenerationRequest, { caller, runtime }: RequestContext): TaskConstraints {
	const { catalog } = runtime.system.router;
	// A key may outlive models of its list; a name that the caller writes must be one.
	const usable = listUsableModels(caller.key, catalog);
	if (usable === undefined) return hints.constraints;
	const wanted = hints.constraints.allowedModels?.map((name) => catalog.get(name));
	const allowed = wanted?.filter((profile) => canUseModel(caller.key, profile)).map(({ name }) => name);
	return { ...hints.constraints, allowedModels: allowed ?? usable };
}

/** Reasoning that only its maker can read stays with that provider, within the caller's own limits. */
function keepReasoning({ format, hints, wire }: GenerationRequest): TaskConstraints {
	const maker = wire.boundToModel ? PROVIDER_BY_FORMAT[format.name] : undefined;
	if (maker === undefined) return {};
	const { allowedProviders = [maker] } = hints.constraints;
	return { allowedProviders: allowedProviders.filter((provider) => provider.toLowerCase() === maker) };
}

/** The conversation's id; `null` where the caller names none. */
export function getSession({ hints, wire }: GenerationRequest): string | null {
	return hints.session ?? wire.session;
}

/** The conversation whose turns share a model and a cache; subagents have prompts of their own under their session's name. */
function getConversation(request: GenerationRequest): string | null {
	const session = getSession(request);
	const { requestClass } = request.hints;
	const isOwn = requestClass === 'subagent' || requestClass === 'workflow';
	return session !== null && isOwn ? `${session} ${requestClass}` : session;
}

function getCachedPrefix(request: GenerationRequest, context: RequestContext): CachedPrefix | undefined {
	const session = getConversation(request);
	if (session === null) return undefined;
	const { caller, clock, memory } = context;
	return memory.getCachedPrefix({ owner: caller.owner, session }, clock.now(), request.wire.boundToModel);
}

/** Requests that are no turns of their session: the model that answers them says nothing of the next turn's. */
const UNREMEMBERED: ReadonlySet<RequestClass> = new Set([
	'title',
	'summary',
	'probe',
	'web-search',
	'auxiliary',
	'side_reply',
]);

/** Remembers which model answered a turn of the conversation, and how many tokens its provider may have cached. */
export function rememberTurn(
	request: GenerationRequest,
	{ caller, clock, memory, runtime }: RequestContext,
	turn: {
		decision: Pick<RoutingDecision, 'id' | 'descriptor'>;
		model: ModelName;
		options: Pick<RouteOptions, 'requestClass'>;
		usage: Usage;
	},
): void {
	const { decision, model, options, usage } = turn;
	const { requestClass } = options;
	const session = getConversation(request);
	if (session === null || (requestClass !== undefined && UNREMEMBERED.has(requestClass))) return;
	// what follows a compaction begins with its summary
	const earlier = requestClass === 'compaction' ? 0 : countInputTokens(usage);
	const tokens = earlier + usage.outputTokens;
	const at = clock.now();
	const { system } = runtime;
	const isObserved = listLaterSignals(system.config).length > 0;
	const signs = isObserved ? readAnswerSigns(request.wire.conversation) : null;
	const ask = signs === null || signs.ask === '' ? '' : hash('sha256', signs.ask, 'base64');
	const { type: taskType, workload } = decision.descriptor;
	const answer = signs === null ? undefined : { decisionId: decision.id, model, taskType, workload, at, ask };
	const before = memory.remember({ owner: caller.owner, session }, { model, tokens, at, answer });
	if (signs === null || before?.answer === undefined) return;
	const isRepeated = ask !== '' && ask === before.answer.ask;
	system.observeAnswer(before.answer, [...signs.signals, ...(isRepeated ? (['repeated'] as const) : [])]);
}

/** Longest body that is translated, characters: client libraries write all of it as JSON at once. */
const MAX_TRANSLATED_CHARACTERS = 12 * 1024 * 1024;

/**
 * Decodes a request when its neutral form is first needed, and once. `text`: `body` as JSON.
 * @throws RequestRefusedError for a body that is too long to be translated, or whose calls have too many arguments, and what the format's decoder throws
 */
export function decodeOnce(
	format: CallerFormat,
	request: { body: JsonObject; text: JsonText },
	limits: BodyLimits,
): () => Promise<DecodedRequest> {
	let decoded: Promise<DecodedRequest> | null = null;
	return () => {
		decoded ??= decode(format, request, limits);
		return decoded;
	};
}

async function decode(
	format: CallerFormat,
	{ body, text }: { body: JsonObject; text: JsonText },
	limits: BodyLimits,
): Promise<DecodedRequest> {
	// there are never more characters than bytes
	if (text.length > MAX_TRANSLATED_CHARACTERS && text.characters > MAX_TRANSLATED_CHARACTERS)
		throw new RequestRefusedError(
			'ROUTER_REQUEST_TOO_LARGE',
			`A body over ${MAX_TRANSLATED_CHARACTERS} characters is not translated into another provider's format. Name a model whose provider speaks ${format.name}, or send less.`,
		);
	await checkArguments(format.listArguments?.(body) ?? [], limits);
	// numbers in the input of tools keep their digits
	const isExact = await runSteps(isExactSteps(text.bytes), setImmediate);
	// the text of an object
	const exact = isExact ? body : ((await runSteps(parseExactSteps(text.toString()), setImmediate)) as JsonObject);
	await giveWay(text);
	return format.decodeRequest(exact);
}

/**
 * Says in a sentence of the decision which fields of the request do not reach the deployment. The names come from the
 * caller: characters that no name has become `?`. @throws InvalidInputError for a request that cannot be translated
 */
async function describeDroppedFields({ decoded }: GenerationRequest, target: Target): Promise<string[]> {
	const { dropped } = await decoded();
	if (dropped.length === 0) return [];
	const names = [...new Set(dropped)].join(', ').replace(/[^\x20-\x7e]/g, '?');
	return [`Not carried to ${target.deployment.id}: ${names}`.slice(0, MAX_NOTE_CHARACTERS)];
}
