import { equal, match, notEqual, ok, rejects } from 'node:assert/strict';
import { type EndpointOperation, WIRE_FORMATS, type WireFormatName } from '../contracts/index.ts';
import { startProviderSimulator } from './simulator/index.ts';

/** A call in the neutral form, as the suite makes it. */
export interface NeutralCall {
	prompt: Array<{ role: 'user'; content: Array<{ type: 'text'; text: string }> }>;
	maxOutputTokens?: number;
	abortSignal?: AbortSignal;
}

/** What the suite uses of a deployment; every `Deployment` is one. */
export interface DeploymentUnderTest {
	readonly id: string;
	readonly credential: string;
	readonly formats: readonly WireFormatName[];
	endpoint(call: {
		format: WireFormatName;
		modelId: string;
		operation: EndpointOperation;
	}): ContractEndpoint | null | Promise<ContractEndpoint | null>;
	languageModel(modelId: string): Promise<{
		doGenerate(options: NeutralCall): PromiseLike<{ content: readonly { type: string }[] }>;
		doStream(options: NeutralCall): PromiseLike<{ stream: ReadableStream<{ type: string }> }>;
	}>;
}

/** Where a call goes. */
export interface ContractEndpoint {
	origin: string;
	path: string;
	headers: Readonly<Record<string, string>>;
}

/** A kind of deployment under test. */
export interface DeploymentContractOptions {
	/** Names the kind in the tests' titles. */
	name: string;
	/** Makes a deployment that calls the provider at this address with this key. */
	create(server: { url: string; apiKey: string }): DeploymentUnderTest;
	/** The runner's `it` or `test`. */
	it(title: string, run: () => Promise<void>): void;
}

const MODEL = 'model-under-test';
const SECRET = 'secret-that-must-not-be-shown';
const BODIES: Readonly<Record<WireFormatName, Record<string, unknown>>> = {
	'openai-chat': { model: MODEL, messages: [{ role: 'user', content: 'hello' }] },
	'openai-responses': { model: MODEL, input: 'hello' },
	'anthropic-messages': { model: MODEL, max_tokens: 16, messages: [{ role: 'user', content: 'hello' }] },
	gemini: { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] },
};
const call = (): NeutralCall => ({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] });

async function post(
	deployment: DeploymentUnderTest,
	format: WireFormatName,
	operation: EndpointOperation,
): Promise<Response> {
	const endpoint = await deployment.endpoint({ format, modelId: MODEL, operation });
	ok(endpoint !== null, `${format} ${operation} has no endpoint`);
	return await fetch(`${endpoint.origin}${endpoint.path}`, {
		method: 'POST',
		headers: { ...endpoint.headers, 'content-type': 'application/json' },
		body: JSON.stringify({ ...BODIES[format], ...(operation === 'stream' && format !== 'gemini' && { stream: true }) }),
	});
}

const CASES: Readonly<Record<string, (deployment: DeploymentUnderTest) => Promise<void>>> = {
	'it names its credential and shows nothing of it': async (deployment) => {
		ok(!JSON.stringify(deployment).includes(SECRET));
		notEqual(deployment.credential, SECRET);
	},
	'requests in its own formats are answered where it says': async (deployment) => {
		for (const format of deployment.formats) {
			const response = await post(deployment, format, 'generate');
			equal(response.status, 200, await response.text());
		}
	},
	'streams in its own formats are streams of events': async (deployment) => {
		for (const format of deployment.formats) {
			const response = await post(deployment, format, 'stream');
			match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
			match(await response.text(), /^data: /m);
		}
	},
	'a format that it does not speak has no endpoint': async (deployment) => {
		for (const format of WIRE_FORMATS.filter((name) => !deployment.formats.includes(name))) {
			equal(await deployment.endpoint({ format, modelId: MODEL, operation: 'generate' }), null);
		}
	},
	'headers are in lower case, and carry the key': async (deployment) => {
		for (const format of deployment.formats) {
			const endpoint = await deployment.endpoint({ format, modelId: MODEL, operation: 'generate' });
			const names = Object.keys(endpoint?.headers ?? {});
			ok(
				names.every((name) => name === name.toLowerCase()),
				names.join(),
			);
			ok(Object.values(endpoint?.headers ?? {}).some((value) => value.includes(SECRET)));
		}
	},
	'the neutral form is answered with text': async (deployment) => {
		const model = await deployment.languageModel(MODEL);
		const { content } = await model.doGenerate(call());
		ok(content.some((part) => part.type === 'text'));
	},
	'the neutral form is streamed to its end': async (deployment) => {
		const model = await deployment.languageModel(MODEL);
		const { stream } = await model.doStream(call());
		const types: string[] = [];
		for await (const part of stream) types.push(part.type);
		ok(types.includes('text-delta'));
		equal(types.at(-1), 'finish');
	},
	'a failure keeps its status': async (deployment) => {
		const model = await deployment.languageModel('overloaded');
		await rejects(Promise.resolve(model.doGenerate(call())), (error: unknown) => {
			ok(typeof error === 'object' && error !== null && 'statusCode' in error);
			equal(error.statusCode, 429);
			ok(!JSON.stringify(error).includes(SECRET));
			return true;
		});
	},
	'a caller that leaves is not kept waiting': async (deployment) => {
		const model = await deployment.languageModel('silent');
		const controller = new AbortController();
		const answer = Promise.resolve(model.doGenerate({ ...call(), abortSignal: controller.signal }));
		controller.abort();
		await rejects(answer, { name: 'AbortError' });
	},
};

/**
 * Declares the tests every deployment must pass, against the provider simulator.
 * @example deploymentContract({ name: 'mine', create: ({ url, apiKey }) => createMine(url, apiKey), it })
 */
export function deploymentContract(options: DeploymentContractOptions): void {
	for (const [title, run] of Object.entries(CASES)) {
		options.it(`${options.name}: ${title}`, async () => {
			const simulator = await startProviderSimulator({
				models: { overloaded: { schedule: ['429', '429'] }, silent: { schedule: ['hang'] } },
			});
			try {
				await run(options.create({ url: simulator.url, apiKey: SECRET }));
			} finally {
				await simulator.close();
			}
		});
	}
}
