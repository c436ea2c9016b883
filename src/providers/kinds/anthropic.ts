import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { EndpointOperation } from '../../contracts/index.ts';
import { adjustMaxTokensForThinking, parseJson } from '../../protocol/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import type { Deployment, DeploymentAccess } from '../deployment.ts';
import { mapLines } from '../library-fetch.ts';
import { createKeyedDeployment, type DeploymentContext, withCallOptions } from './deployment-base.ts';
import type { DeploymentKindDefinition } from './deployment-kind.ts';

const API_VERSION = '2023-06-01';

const PATHS: Readonly<Partial<Record<EndpointOperation, string>>> = {
	generate: '/v1/messages',
	stream: '/v1/messages',
	'count-tokens': '/v1/messages/count_tokens',
};

function create(access: DeploymentAccess, context: DeploymentContext): Deployment {
	return createKeyedDeployment(access, context, {
		own: 'https://api.anthropic.com',
		ending: '/v1',
		keyHeader: 'x-api-key',
		headers: { 'anthropic-version': API_VERSION },
		formats: ['anthropic-messages'],
		answerFormat: 'anthropic-messages',
		getPath: ({ format, operation }) => (format === 'anthropic-messages' ? (PATHS[operation] ?? null) : null),
		async openModel(modelId, { baseURL, ...library }) {
			const { createAnthropic } = await import('@ai-sdk/anthropic');
			const fetch = repairStreams(library.fetch);
			return await withOutputLimit(createAnthropic({ ...library, fetch, baseURL: `${baseURL}/v1` })(modelId));
		},
	});
}

/** The data of an event that tells usage. */
const WITH_USAGE = /^data: *(\{.*"type" *: *"message_(?:start|delta)".*\})\r?$/;
const COUNTS = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const;

/** A usage that the library reads: `required` is there; what is no number counts 0 and is named. `null`: it is one already. */
function repairUsage(usage: unknown, required: (typeof COUNTS)[number]): JsonObject | null {
	const told = isObject(usage) ? usage : {};
	const unreadable = COUNTS.filter((name) => !['number', 'undefined'].includes(typeof (told[name] ?? undefined)));
	if (unreadable.length === 0 && typeof told[required] === 'number') return null;
	const zeros = Object.fromEntries(unreadable.map((name) => [name, 0]));
	const readable = { ...told, [required]: told[required] ?? 0, ...zeros };
	return unreadable.length === 0 ? readable : { ...readable, unreadable };
}

/** A line of a stream, with a usage that the library can read: without it the library reads no answer. */
function repairLine(line: string): string {
	const [, json] = WITH_USAGE.exec(line) ?? [];
	if (json === undefined) return line;
	const event: unknown = parseJson(json);
	if (!isObject(event) || !String(event['type']).startsWith('message_')) return line;
	const { message } = event;
	const usage = isObject(message)
		? repairUsage(message['usage'], 'input_tokens')
		: repairUsage(event['usage'], 'output_tokens');
	if (usage === null) return line;
	return `data: ${JSON.stringify(isObject(message) ? { ...event, message: { ...message, usage } } : { ...event, usage })}`;
}

/** A `fetch` whose streams the library can read. */
export function repairStreams(fetchAnswer: typeof fetch): typeof fetch {
	return async (input, init) => {
		const response = await fetchAnswer(input, init);
		const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
		return isStream ? mapLines(response, repairLine) : response;
	};
}

/**
 * One of Anthropic's models behind the AI SDK, held to the output it is allowed: the AI SDK would add the tokens of
 * thinking on top, for which no money is reserved.
 */
export async function withOutputLimit(model: LanguageModelV4): Promise<LanguageModelV4> {
	const { getModelCapabilities } = await import('@ai-sdk/anthropic/internal');
	const { rejectsBudgetThinking, supportsAdaptiveThinking } = getModelCapabilities(model.modelId);
	const rules = { takesBudget: !rejectsBudgetThinking, isAdaptive: supportsAdaptiveThinking };
	return withCallOptions(model, (options) => adjustMaxTokensForThinking(options, rules));
}

/** Anthropic's API, or whatever speaks like it. */
export const anthropic: DeploymentKindDefinition = {
	create,
	fields: ['auth', 'provider'],
	provider: 'anthropic',
	keyVariables: [{ name: 'ANTHROPIC_API_KEY', example: 'sk-ant-…', description: 'Key for Anthropic' }],
	check: () => [],
	explain: [[/credit balance|billing/i, 'no-credit']],
};
