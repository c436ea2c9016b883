import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from '../../src/util/index.ts';
import type { ClientDriver, ClientResult } from './client-driver.ts';
import { describeThought, INNER_ANSWER } from './provider-script.ts';
import type { Stage } from './stage.ts';

/** What a client left behind in a cell. */
export interface Played {
	result: ClientResult;
	stage: Stage;
	driver: ClientDriver;
	elapsedMs: number;
	/** Requests that the same client made of a provider that met it alike, without the gateway; `null`: not tried. */
	directRequests: number | null;
}

/** What is wrong; `null`: nothing. A text that begins with `ok` names how it held. */
export type Verdict = string | null;

/** The end of an output, on one line. */
export function shorten(text: string): string {
	return text.replaceAll(/\s+/g, ' ').trim().slice(-240);
}

/** The client shows the text, and no error. */
export function expectText(wanted: string | RegExp, { result }: Played): Verdict {
	const isThere = typeof wanted === 'string' ? result.text.includes(wanted) : wanted.test(result.text);
	return isThere && !result.isError ? null : `the client shows: ${shorten(result.text)}`;
}

/** Milliseconds after which a user has lost patience. */
const PATIENCE_MS = 30_000;

/**
 * The client ended with an error that names its cause, before the user lost patience, the provider got nothing, and the
 * client did not ask more often than it asks a provider that refuses it alike.
 */
export function expectRefusal(words: RegExp, { directRequests, elapsedMs, result, stage }: Played): Verdict {
	if (stage.script.calls.length > 0) return 'the provider was called';
	if (!words.test(result.text)) return `the client shows: ${shorten(result.text)}`;
	if (elapsedMs > PATIENCE_MS) return `shown after ${Math.round(elapsedMs / 1000)} s`;
	const asked = stage.countRequests();
	if (directRequests === null) return null;
	if (asked > directRequests) return `asked ${asked} times, and ${directRequests} times without the gateway`;
	return asked > 1 ? `ok: it asks ${asked} times, without the gateway ${directRequests} times` : null;
}

const FILE_RESULT = 'FORTY-TWO';
const SHELL_RESULT = 'SHELL-42';

/** What the tools gave is in the last request. */
export function expectToolResults({ stage }: Played): Verdict {
	const last = stage.script.calls.at(-1)?.request.bodyText ?? '';
	return last.includes(FILE_RESULT) && last.includes(SHELL_RESULT)
		? null
		: 'not every tool result reached the provider';
}

/** The first request behind a turn with two calls has the results of both. */
export function expectBothResults({ stage }: Played): Verdict {
	const next = stage.script.calls.find(({ step }) => step > 0);
	if (next === undefined) return 'no tool result reached the provider';
	const { bodyText } = next.request;
	const missing = [FILE_RESULT, SHELL_RESULT].filter((result) => !bodyText.includes(result));
	if (missing.length > 0) return `the request behind two calls lacks ${missing.join(' and ')}`;
	return next.step === 2 ? null : `the request behind two calls has ${next.step} results`;
}

/** As the simulated provider writes a signature: `simulated-signature`, a hash and the thought. */
const SIGNATURE = /c2ltdWxhdGVkLXNpZ25hdHVy[\w+/]+/g;

/** Whether a request of Responses has the reasoning item of that step, by its id and with its text. */
function hasThoughtItem(body: unknown, step: number): boolean {
	const input = isObject(body) && Array.isArray(body['input']) ? body['input'].filter(isObject) : [];
	return input.some(
		({ id, summary, type }) =>
			type === 'reasoning' &&
			/^rs_/.test(String(id)) &&
			[...listTexts(summary)].some((text) => text === describeThought(step)),
	);
}

/**
 * The last request has the signed thought of each turn before it. That each is as its model wrote it, the strict provider
 * checks itself.
 */
export function expectThoughts({ stage }: Played): Verdict {
	const last = stage.script.calls.at(-1);
	if (last === undefined) return 'the provider was not called';
	const { bodyText, path } = last.request;
	const signed = [...bodyText.matchAll(SIGNATURE)].map(([text]) => Buffer.from(text, 'base64').toString());
	const steps = Array.from({ length: last.step }, (_, step) => step);
	const missing = steps.filter((step) => !signed.some((text) => text.endsWith(describeThought(step))));
	if (missing.length === 0 && steps.length > 0) return null;
	if (steps.every((step) => hasThoughtItem(last.request.body, step)))
		return 'ok: as items with their ids; it asks for no signatures';
	if (signed.length === 0 && path.endsWith('/chat/completions')) return 'ok: Chat Completions carries no reasoning';
	return `the last request lacks the signed thoughts of steps ${missing.join(', ')}`;
}

/** A second agent asked in a conversation of its own, and its answer is in the last request of the first. */
export function expectSecondAgent({ stage }: Played): Verdict {
	const inner = stage.script.calls.filter(({ scenario }) => scenario === 'inner');
	if (inner.length === 0) return 'no second agent called the provider';
	const outer = stage.script.calls.filter(({ scenario }) => scenario === 'subagent');
	const [first] = outer;
	if (inner.some(({ request }) => request.bodyText === first?.request.bodyText))
		return 'the second agent has no conversation of its own';
	return outer.at(-1)?.request.bodyText.includes(INNER_ANSWER) === true
		? null
		: 'the answer of the second agent is not in the conversation of the first';
}

function* listTexts(value: unknown): Generator<string> {
	if (typeof value === 'string') yield value;
	else if (Array.isArray(value)) for (const member of value) yield* listTexts(member);
	else if (isObject(value)) for (const member of Object.values(value)) yield* listTexts(member);
}

/** The provider got the text, character for character. */
export function expectWhole(text: string, { stage }: Played): Verdict {
	const bodies = stage.script.calls.map(({ request }) => request.body);
	return bodies.some((body) => [...listTexts(body)].some((found) => found.includes(text)))
		? null
		: 'the provider did not get the whole prompt';
}

/** The models that answered each step in the end. */
export function expectAnswering(wanted: readonly string[], { stage }: Played): Verdict {
	const answering: string[] = [];
	for (const { request, step } of stage.script.calls) {
		if (request.met === 'ok') answering[step] = request.model;
	}
	const begun = answering.slice(0, wanted.length);
	return begun.join() === wanted.join() ? null : `answered by ${begun.join(', ')}`;
}

/** The provider notices within five seconds that the client has gone. */
export async function expectAbort({ stage }: Played): Promise<Verdict> {
	const [call] = stage.script.calls;
	for (let waited = 0; waited < 5000 && call !== undefined; waited += 100) {
		if (call.request.abortedAt !== null) return null;
		await sleep(100);
	}
	return call === undefined ? 'the provider was not called' : 'the provider still writes five seconds later';
}

/** Classes of calls that the cheapest model answers. */
const CHEAPEST_CLASSES: ReadonlySet<string | null> = new Set(['title', 'summary', 'probe']);

/**
 * The router chose for every turn, a session that is named stayed with one model, and the agent's own small calls went to
 * the cheapest.
 */
export async function expectRouted({ stage }: Played): Promise<Verdict> {
	const decisions = await stage.listDecisions();
	const own = decisions.filter(({ requestClass }) => CHEAPEST_CLASSES.has(requestClass));
	const turns = decisions.filter(({ requestClass }) => requestClass === null || requestClass === 'main');
	const wanted = new Set(stage.script.calls.map(({ step }) => step)).size;
	if (turns.length < wanted) return `${turns.length} decisions for ${wanted} turns`;
	const cheapest = await stage.findCheapest();
	const dear = own.find(({ model }) => model !== cheapest);
	if (dear !== undefined) return `a ${dear.requestClass} went to ${dear.model}, not to ${cheapest}`;
	const models = new Set(turns.map(({ model }) => model));
	const told = own.length > 0 ? [`${own.map(({ requestClass }) => requestClass).join(', ')} by ${cheapest}`] : [];
	const isNamed = turns.every(({ session }) => session !== null);
	if (isNamed && models.size > 1) return `a session went from model to model: ${[...models].join(', ')}`;
	return `ok: ${[`turns by ${[...models].join(', ')}`, ...(isNamed ? [] : ['it names no session']), ...told].join('; ')}`;
}
