import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILTIN_MODELS } from '../../../src/catalog/index.ts';
import type { ModelProfile, WireFormatName } from '../../../src/contracts/index.ts';
import { getModelRules, getObstacle, readFeatures } from '../../../src/model-rules/index.ts';
import { findModelRefusal } from '../../../src/testing/simulator/find-model-refusal.ts';
import { isObject, type JsonObject } from '../../../src/util/index.ts';
import { type ConverseProvider, startConverseProvider } from '../../support/converse-provider.ts';
import {
	inventedModel,
	openTestGateway,
	simulatedDeployment,
	type TestGateway,
} from '../../support/open-scripted-gateway.ts';
import { REQUEST_SHAPES } from '../../support/request-shapes.ts';

/**
 * `npm run test:requests` sends many to each model, by a seed of its own that a failure names; this file alone the same few each
 * time, to one model of each generation. `RUNS`: how many the former sends.
 */
const IS_LONG = process.env['MODE'] === 'requests';
const RUNS = IS_LONG ? Number(process.env['RUNS'] ?? 100) : 2;
const SEED = IS_LONG ? Date.now() : 20_261_129;

/** Models that can be called: neither retired nor for embeddings. */
const MODELS = BUILTIN_MODELS.filter(({ kind, lifecycle }) => kind !== 'embedding' && lifecycle?.state !== 'retired');

/** A kind of deployment with the models that it serves, and the format in which it calls one. */
interface Place {
	kind: 'anthropic' | 'openai' | 'google' | 'vertex' | 'azure' | 'bedrock' | 'openai-compatible';
	serves(model: ModelProfile): boolean;
	/** The model's id there. */
	getId(model: ModelProfile): string;
	/** `null`: Bedrock's own. */
	getFormat(caller: WireFormatName, model: ModelProfile): WireFormatName | null;
}

const isFrom =
	(...providers: string[]) =>
	({ provider }: ModelProfile) =>
		providers.includes(provider);
const isOpenAiFormat = (caller: WireFormatName) => caller === 'openai-chat' || caller === 'openai-responses';
const getOwnId = ({ modelId }: ModelProfile) => modelId;

const PLACES: readonly Place[] = [
	{ kind: 'anthropic', serves: isFrom('anthropic'), getId: getOwnId, getFormat: () => 'anthropic-messages' },
	{
		kind: 'openai',
		serves: isFrom('openai'),
		getId: getOwnId,
		getFormat: (caller) => (isOpenAiFormat(caller) ? caller : 'openai-responses'),
	},
	{ kind: 'google', serves: isFrom('google'), getId: getOwnId, getFormat: () => 'gemini' },
	{
		kind: 'vertex',
		serves: isFrom('anthropic', 'google'),
		getId: getOwnId,
		getFormat: (_, { provider }) => (provider === 'google' ? 'gemini' : 'anthropic-messages'),
	},
	{
		// the name of a deployment of Azure says nothing of its model
		kind: 'azure',
		serves: isFrom('openai'),
		getId: ({ name }) => `ours-${name.length}-${name.replaceAll(/\D/g, '')}`,
		getFormat: (caller) => (isOpenAiFormat(caller) ? caller : 'openai-chat'),
	},
	{
		kind: 'bedrock',
		serves: isFrom('anthropic'),
		getId: ({ modelId }) => `us.anthropic.${modelId}-v1:0`,
		getFormat: () => null,
	},
	{ kind: 'openai-compatible', serves: isFrom('custom'), getId: getOwnId, getFormat: () => 'openai-chat' },
];

/** The models of a place that requests go to: all of them, or one of each row of the table of what models take. */
function listModels({ getFormat, serves }: Place): readonly ModelProfile[] {
	const served = [...MODELS, inventedModel('llama') as ModelProfile].filter(serves);
	if (IS_LONG) return served;
	const generations = Map.groupBy(served, (model) =>
		getModelRules({ format: getFormat('openai-responses', model) ?? 'anthropic-messages', ids: [model.modelId] }),
	);
	return [...generations.values()].flatMap(([first]) => first ?? []);
}

let converse: ConverseProvider;
/** A gateway for each kind: a request for a model has one place to go to. */
const gateways = new Map<Place, TestGateway>();
beforeAll(async () => {
	converse = await startConverseProvider();
	for (const place of PLACES) {
		const served = MODELS.filter(place.serves);
		const models =
			served.length === 0
				? { llama: 'llama' }
				: Object.fromEntries(served.map((model) => [model.name, place.getId(model)]));
		const deployment = {
			...simulatedDeployment(place.kind, models),
			...(place.kind === 'vertex' && { project: 'p' }),
			...(place.kind === 'bedrock' && { region: 'us-east-1', baseUrl: converse.url }),
		};
		const gateway = await openTestGateway({
			deployments: [deployment],
			config: {
				models: [inventedModel('llama', { maxOutputTokens: 64_000 })],
				budget: { dailyLimit: 1e6, monthlyLimit: 1e6, perRequestLimit: 1e5 },
				fallback: { enabled: false, maxAttempts: 1 },
			},
		});
		gateways.set(place, gateway);
	}
});
afterAll(async () => {
	for (const gateway of gateways.values()) await gateway.close();
	converse.close();
});

/** How a request ended, and why its model refuses what it was sent. */
interface Outcome {
	status: number;
	text: string;
	calls: number;
	refusal: string | null;
}

async function ask(place: Place, model: ModelProfile, format: WireFormatName, body: JsonObject): Promise<Outcome> {
	const gateway = gateways.get(place);
	if (gateway === undefined) throw new Error(`no gateway for ${place.kind}`);
	const paths = {
		'anthropic-messages': '/v1/messages',
		'openai-chat': '/v1/chat/completions',
		'openai-responses': '/v1/responses',
		gemini: `/v1beta/models/${model.name}:generateContent`,
	};
	const { requests } = gateway.simulator;
	gateway.simulator.reset();
	converse.bodies.length = 0;
	const response = await fetch(`${gateway.url}${paths[format]}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(format === 'gemini' ? body : { model: model.name, ...body }),
	});
	const text = await response.text();
	const sentFormat = place.getFormat(format, model);
	const sent = requests.at(-1)?.body ?? converse.bodies.at(-1);
	const refusal = sentFormat !== null && isObject(sent) ? findModelRefusal(sentFormat, model.modelId, sent) : null;
	return {
		status: response.status,
		text: `${text} ${JSON.stringify(sent)}`,
		calls: requests.length + converse.bodies.length,
		refusal,
	};
}

/** Why the model cannot serve the request, by the rules that routing goes by; `null`: it can. */
function findObstacle(place: Place, model: ModelProfile, format: WireFormatName, body: JsonObject): string | null {
	const sent = place.getFormat(format, model) ?? 'anthropic-messages';
	const isCompatible = place.kind === 'openai-compatible';
	const rules = getModelRules({ format: sent, ids: [model.modelId], isCompatible });
	const features = readFeatures(format, body, true);
	return features === null ? null : getObstacle(features, rules, sent);
}

async function expectAccepted(
	place: Place,
	model: ModelProfile,
	format: WireFormatName,
	body: JsonObject,
): Promise<void> {
	const { calls, refusal, status, text } = await ask(place, model, format, body);
	const obstacle = findObstacle(place, model, format, body);
	const told = `${model.name} ${calls} ${status} ${refusal ?? ''}`;
	if (obstacle === null) expect(`${told}${status === 200 ? '' : text}`).toBe(`${model.name} 1 200 `);
	// routing passes the model over; whoever names it gets what the provider says, and it is asked no second time
	else expect(`${told} ${obstacle}`).toMatch(refusal === null ? / [01] 4\d\d / : / 1 [24]\d\d /);
}

describe('what is sent is accepted, whatever a caller asks of a model', () => {
	const formats = Object.keys(REQUEST_SHAPES) as WireFormatName[];
	it.each(formats.flatMap((format) => PLACES.map((place) => [format, place.kind, place] as const)))(
		'from callers of %s at %s',
		async (format, _kind, place) => {
			const shape = REQUEST_SHAPES[format];
			for (const [index, model] of listModels(place).entries()) {
				await fc.assert(
					fc.asyncProperty(shape, (body) => expectAccepted(place, model, format, body)),
					{ numRuns: RUNS, seed: SEED + index },
				);
			}
		},
		IS_LONG ? 3_600_000 : 60_000,
	);
});
