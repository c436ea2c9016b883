import { setImmediate } from 'node:timers/promises';
import type { WireFormatName } from '../contracts/index.ts';
import { fitRequest, getModelRules, restoreToolNames } from '../model-rules/index.ts';
import { parseExactSteps } from '../protocol/index.ts';
import { isObject, type JsonObject, runSteps } from '../util/index.ts';

/** What the requests of one call are fitted to its model by. */
export interface CallFitting {
	/** The catalog's ids of the model. @default only the deployment's own id is known */
	ids?: readonly string[];
	/** As its profile says. @default by its ids */
	family?: string | undefined;
	/** Most output tokens that are paid for, for each answer. @default no limit but the request's */
	limit?: number | undefined;
	/** Most output tokens that the model can write. @default not known */
	ceiling?: number | undefined;
	/** Parameters that the model has refused before. @default none */
	refused?: ReadonlySet<string> | undefined;
	/** Called with each request before it is sent, and the paths of what was left out or changed in it. */
	onFitted?(request: { body: JsonObject; dropped: readonly string[] }, format: WireFormatName): void;
}

/** How a deployment is called by its client library. */
interface FittedCall extends CallFitting {
	format: WireFormatName | null;
	modelId: string;
	isCompatible?: boolean | undefined;
}

/**
 * A client library's `fetch` that sends requests as the model takes them: the library writes what it was told, whichever
 * generation it is for. Answers bear the names of tools that the library knows.
 */
export function createFittingFetch(fetchAnswer: typeof fetch, call: FittedCall): typeof fetch {
	const { family, format, ids = [], isCompatible, modelId, onFitted, ...options } = call;
	if (format === null) return fetchAnswer;
	const rules = getModelRules({ family, format, ids: [modelId, ...ids], isCompatible });
	return async (input, init) => {
		const body = typeof init?.body === 'string' ? await runSteps(parseExactSteps(init.body), setImmediate) : undefined;
		if (!isObject(body)) return await fetchAnswer(input, init);
		const fitted = fitRequest(format, body, { ...options, rules });
		onFitted?.(fitted, format);
		const sent = fitted.body === body ? init : { ...init, body: JSON.stringify(fitted.body) };
		const response = await fetchAnswer(input, sent);
		const { names } = fitted;
		return names === null ? response : mapLines(response, (line) => restoreToolNames(line, names));
	};
}

/** The same response with each line of its body changed as it becomes whole. */
export function mapLines(response: Response, change: (line: string) => string): Response {
	if (response.body === null) return response;
	let rest = '';
	const lines = new TransformStream<string, string>({
		transform(text, controller) {
			const whole = (rest + text).split('\n');
			rest = whole.pop() ?? '';
			if (whole.length > 0) controller.enqueue(`${whole.map(change).join('\n')}\n`);
		},
		flush(controller) {
			if (rest !== '') controller.enqueue(change(rest));
		},
	});
	const { headers, status, statusText } = response;
	const body = response.body
		.pipeThrough(new TextDecoderStream())
		.pipeThrough(lines)
		.pipeThrough(new TextEncoderStream());
	return new Response(body, { headers, status, statusText });
}
