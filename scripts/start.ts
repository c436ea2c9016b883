// `npm start`: the gateway with sample requests through it, answered by the simulator where no provider key is set.

import { parseArgs } from 'node:util';
import { parsePort, withGateway } from '../src/cli/commands/serve.ts';
import { formatUsd } from '../src/cli/output.ts';
import { getExitCode, reportError } from '../src/cli/run-command-line.ts';
import { formatTable, truncateText, wrapForStream } from '../src/cli/terminal-text.ts';
import { InvalidInputError } from '../src/errors/index.ts';
import type { RoutingDecision } from '../src/index.ts';

/** Tokens of output a sample may cost. */
const MAX_OUTPUT_TOKENS = 200;

/** A client's way of asking. */
interface Dialect {
	name: string;
	path: string;
	headers: Readonly<Record<string, string>>;
	body(task: string): unknown;
}

const OPENAI: Dialect = {
	name: 'OpenAI chat',
	path: '/v1/chat/completions',
	headers: {},
	body: (task) => ({
		model: 'auto',
		max_completion_tokens: MAX_OUTPUT_TOKENS,
		messages: [{ role: 'user', content: task }],
	}),
};
const RESPONSES: Dialect = {
	name: 'OpenAI responses',
	path: '/v1/responses',
	headers: {},
	body: (task) => ({ model: 'auto', max_output_tokens: MAX_OUTPUT_TOKENS, input: task }),
};
const ANTHROPIC: Dialect = {
	name: 'Anthropic',
	path: '/v1/messages',
	headers: { 'anthropic-version': '2023-06-01' },
	body: (task) => ({ model: 'auto', max_tokens: MAX_OUTPUT_TOKENS, messages: [{ role: 'user', content: task }] }),
};
const GEMINI: Dialect = {
	name: 'Gemini',
	path: '/v1beta/models/auto:generateContent',
	headers: {},
	body: (task) => ({
		contents: [{ role: 'user', parts: [{ text: task }] }],
		generationConfig: { maxOutputTokens: MAX_OUTPUT_TOKENS },
	}),
};

/** Tasks of different kinds and weights, each asked in a client's own format. */
const SAMPLES: ReadonlyArray<readonly [string, Dialect]> = [
	['Add JSDoc comments to utility functions', OPENAI],
	['Implement REST API endpoint for user profile', ANTHROPIC],
	['Fix authentication bug in login endpoint', RESPONSES],
	['Design scalable microservices architecture', ANTHROPIC],
	['Write unit tests for the date parser', GEMINI],
	['Comprehensive security audit of authentication system', OPENAI],
];

/** `--port` of `npm start -- --port 5000`, as `switchyard serve` reads it. @throws InvalidInputError */
function readPort(): number | undefined {
	try {
		const { values } = parseArgs({ options: { port: { type: 'string' } } });
		return values.port === undefined ? undefined : parsePort(values.port);
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		throw new InvalidInputError(`${reason} The one option is --port, e.g. npm start -- --port 5000.`);
	}
}

/** Starts the gateway, sends a handful of sample requests through it, prints what happened, and goes on listening until it is told to stop. */
async function runSamples(): Promise<void> {
	await withGateway({ port: readPort() }, async ({ gateway, url }, output) => {
		const say = (text: string) => output.print(wrapForStream(text, process.stdout));
		const { requireKey } = gateway.runtime.config;
		if (requireKey) {
			output.note('The gateway requires a key, so no sample requests are sent.');
			return;
		}
		const { system } = gateway.runtime;
		const from = Date.now();
		const decisions = new Map<string, RoutingDecision>();
		const stop = system.onEvent((event) => {
			if (event.type === 'decision-made') decisions.set(event.decision.id, event.decision);
		});
		const rows: string[][] = [];
		for (const [task, dialect] of SAMPLES) {
			const response = await fetch(`${url}${dialect.path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', ...dialect.headers },
				body: JSON.stringify(dialect.body(task)),
			});
			await response.arrayBuffer();
			const header = (name: string) => response.headers.get(`x-switchyard-${name}`) ?? '';
			const decision = decisions.get(header('decision'));
			const cost = response.ok ? formatUsd(Number(header('cost')), 6) : `HTTP ${response.status}`;
			rows.push([truncateText(task, 44), dialect.name, header('model'), cost, decision?.reasoning[0] ?? '']);
		}
		stop();
		output.print(`\n${formatTable(['Task', 'Asked as', 'Model', '>Cost', 'Why'], rows)}`);
		const [strongest] = await system.savings({ from, to: Date.now() + 1 });
		if (strongest !== undefined) {
			const { actualCost, baselineCost, requests } = strongest;
			say(
				`\n${requests} requests: ${formatUsd(actualCost, 6)} as routed, ${formatUsd(baselineCost, 6)} (an estimate) had the strongest model used the same tokens.`,
			);
		}
		const { kind, location } = await system.storageStatus();
		say(`Remembered in ${kind} at ${location}. In another terminal: npx switchyard-router stats`);
		const last = [...decisions.keys()].at(-1);
		if (last !== undefined) say(`Why the last one went where it did: ${url}/v1/decisions/${last}`);
		output.print('Still listening; Ctrl-C stops.');
	});
}

try {
	await runSamples();
} catch (error) {
	process.exitCode = getExitCode(error);
	reportError(error, { isJson: false, isDebug: false });
}
