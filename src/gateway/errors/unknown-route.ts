import type { IncomingMessage } from 'node:http';
import type { WireFormatName } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import { GENERATION_ROUTES, listMethods } from '../routes.ts';

/** A part of the providers' APIs that the gateway does not have. */
interface UnservedApi {
	/** As the reference lists it. */
	name: string;
	/** Paths, in any method. */
	paths: RegExp;
	/** What to do in its place; a sentence. */
	instead: string;
}

const DIRECTLY = 'Call the provider itself.';
const WHOLE_CONVERSATION = 'Answers are not kept here: send the whole conversation each time.';

/** What clients of the providers ask for in vain, so that they are told so instead of "no such route". */
export const UNSERVED_APIS: readonly UnservedApi[] = [
	{
		name: 'files and uploads',
		paths: /^\/(?:upload\/)?v1(?:beta)?\/(?:files|uploads)(?:\/|$)/,
		instead: 'Send the content in the request.',
	},
	{
		name: 'batches',
		paths: /^\/v1\/(?:messages\/)?batches(?:\/|$)|:batchGenerateContent$|^\/v1beta\/batches(?:\/|$)/,
		instead: 'Send the requests one by one.',
	},
	{ name: 'images and videos', paths: /^\/v1\/(?:images|videos)(?:\/|$)|:predict(?:LongRunning)?$/, instead: DIRECTLY },
	{ name: 'audio', paths: /^\/v1\/audio(?:\/|$)/, instead: DIRECTLY },
	{ name: 'realtime sessions', paths: /^\/v1\/realtime(?:\/|$)|:bidiGenerateContent$/, instead: DIRECTLY },
	{ name: 'rerank', paths: /^(?:\/v[12])?\/rerank$/, instead: DIRECTLY },
	{ name: 'moderations', paths: /^\/v1\/moderations$/, instead: DIRECTLY },
	{
		name: 'fine-tuning and evaluations',
		paths: /^\/v1\/(?:fine_tuning|fine-tunes|evals|graders)(?:\/|$)|^\/v1beta\/tunedModels(?:\/|$)/,
		instead: DIRECTLY,
	},
	{
		name: 'legacy completions',
		paths: /^\/v1\/(?:engines\/[^/]+\/)?complet(?:e|ions)$/,
		instead: 'Send the prompt as a message to POST /v1/chat/completions.',
	},
	{
		name: 'stored responses and chats',
		paths: /^\/v1\/(?:responses|chat\/completions|conversations)\/.|^\/v1\/conversations$/,
		instead: WHOLE_CONVERSATION,
	},
	{
		name: 'assistants, threads, vector stores and containers',
		paths: /^\/v1\/(?:assistants|threads|vector_stores|containers)(?:\/|$)/,
		instead: WHOLE_CONVERSATION,
	},
	{
		name: 'cached contents and corpora of Gemini',
		paths: /^\/v1(?:beta)?\/(?:cachedContents|corpora)(?:\/|$)/,
		instead: 'Prompts are cached without them where that pays.',
	},
	{
		name: 'embeddings in Gemini’s format',
		paths: /:(?:batchE|e)mbedContents?$/,
		instead: 'Send the text to POST /v1/embeddings.',
	},
];

/** The format of a client whose route does not say it: of the lists of models, and of errors before the route is known. */
export function detectFormat({ headers, method, url = '' }: IncomingMessage): WireFormatName {
	const path = url.slice(0, 300);
	// some clients send the headers of every provider
	if (path.startsWith('/v1/chat/completions')) return 'openai-chat';
	if (path.startsWith('/v1/responses')) return 'openai-responses';
	if (/^\/v1\/(?:messages|complete$)/.test(path) || headers['anthropic-version'] !== undefined)
		return 'anthropic-messages';
	if (/^\/(?:upload\/)?v1(?:beta|alpha)\//.test(path) || headers['x-goog-api-key'] !== undefined) return 'gemini';
	// a colon in a path that is read belongs to a model's name: `auto:cheap`, `qwen3:latest`
	if (method === 'POST' && /^\/v1\/[^?]*:[a-zA-Z]+(?:\?|$)/.test(path)) return 'gemini';
	return 'openai-chat';
}

/** What a model is asked to do, in Gemini's paths; the name of a policy has a colon of its own. */
const MODEL_VERB = /^\/v1(?:beta|alpha)?\/models\/(?!auto:[^:/]+$)[^/]+:[a-zA-Z]+$/;

/** The error of a request without a route: 405 where the path has another method, which `methods` names, else 404. */
export function explainUnknownRoute(
	{ method = 'GET', url = '' }: IncomingMessage,
	path: string,
): { error: RequestRefusedError; methods: readonly string[] } {
	const shown = `${method} ${path.slice(0, 100)}`;
	const unserved = UNSERVED_APIS.find(({ paths }) => paths.test(path));
	const isKnown = unserved === undefined && !(method === 'POST' && MODEL_VERB.test(path));
	const methods = isKnown && !url.includes('#') ? listMethods(path) : [];
	if (methods.length > 0) {
		const message = `${shown} is not served: this path takes ${methods.join(' and ')}.`;
		return { methods, error: new RequestRefusedError('ROUTER_METHOD_NOT_ALLOWED', message) };
	}
	const message =
		unserved === undefined
			? `There is no route ${shown}. OpenAI clients use the base URL http://…/v1, Anthropic and Gemini clients the address without a path.`
			: `There is no route ${shown}: this gateway does not serve ${unserved.name}. ${unserved.instead} Served are ${GENERATION_ROUTES.join(', ')}.`;
	return { methods, error: new RequestRefusedError('ROUTER_NOT_FOUND', message) };
}
