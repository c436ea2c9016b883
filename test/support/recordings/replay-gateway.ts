import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CustomModelProfile } from '../../../src/config/index.ts';
import { type DeploymentAccess, openGateway } from '../../../src/gateway.ts';
import { inventedModel } from '../open-scripted-gateway.ts';
import { createTemporaryProject } from '../temporary-project.ts';
import type { AnswerFormat } from './answer-meaning.ts';
import { type CallerFormatName, createCallerRequest, type RequestOptions } from './caller-requests.ts';

/** What a provider answers, as it came over the wire. */
export interface ProviderAnswer {
	format: AnswerFormat;
	isStream: boolean;
	bytes: Buffer;
	/** @default 200 */
	status?: number;
	contentType?: string | undefined;
	/** Where the bytes are cut into chunks. @default in one piece */
	cuts?: readonly number[];
}

/** What a caller got for it. */
export interface ReceivedAnswer {
	status: number;
	/** Without the gateway's closing comment. */
	bytes: Buffer;
	headers: Headers;
	/** The gateway's closing comment, `''` without one. */
	comment: string;
	/** Calls that the provider got for this request. */
	calls: number;
	/** The connection broke before the answer had ended. */
	isBroken: boolean;
}

/** A row of the ledger. */
export interface LedgerRow {
	costNanoUsd: number;
	isEstimated: boolean;
}

/** A gateway whose providers, one of each format, answer as they are told. */
export interface ReplayGateway {
	url: string;
	/** The prompt to which the provider answers `answer`. */
	script(answer: ProviderAnswer): string;
	/** Sends one request in a caller's format, to which the provider answers `answer`. */
	ask(caller: CallerFormatName, answer: ProviderAnswer, options?: RequestOptions): Promise<ReceivedAnswer>;
	/** The ledger's rows by decision. */
	readLedger(): Promise<Map<string, LedgerRow[]>>;
	close(): Promise<void>;
}

/** A deployment for each format, and its model's id there: the client libraries know some by their names. */
const PROVIDERS: Readonly<Record<AnswerFormat, { kind: DeploymentAccess['kind']; modelId: string }>> = {
	'anthropic-messages': { kind: 'anthropic', modelId: 'claude-rec' },
	'openai-chat': { kind: 'openai-compatible', modelId: 'rec' },
	'openai-responses': { kind: 'openai', modelId: 'gpt-5-rec' },
	gemini: { kind: 'google', modelId: 'gemini-3-pro-rec' },
	'bedrock-converse': { kind: 'bedrock', modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' },
};
const FORMATS = Object.keys(PROVIDERS) as AnswerFormat[];

/** Every class of tokens at a rate of its own: one that is counted as another shows in the sum. USD per million. */
const PRICING: NonNullable<CustomModelProfile['pricing']> = {
	input: 1_000_003,
	output: 7_000_001,
	cacheRead: 100_003,
	cacheWrite5m: 1_300_007,
	cacheWrite1h: 2_100_011,
	reasoning: 11_000_017,
	source: 'test',
	asOf: '2026-11-28',
};

const COMMENT = /: switchyard [^\n]*\n\n$/;

function sendCut(response: ServerResponse, { bytes, cuts = [] }: ProviderAnswer): void {
	const borders = [0, ...cuts, bytes.length];
	for (const [index, end] of borders.slice(1).entries()) response.write(bytes.subarray(borders[index], end));
	response.end();
}

/** What came of a body, whether its connection broke or not. */
async function readReceived(response: Response): Promise<Pick<ReceivedAnswer, 'bytes' | 'isBroken'>> {
	const chunks: Uint8Array[] = [];
	try {
		for await (const chunk of response.body ?? []) chunks.push(chunk);
		return { bytes: Buffer.concat(chunks), isBroken: false };
	} catch {
		return { bytes: Buffer.concat(chunks), isBroken: true };
	}
}

/** Opens one. `maxAttempts`: calls that a request may make. */
export async function openReplayGateway({ maxAttempts = 1 }: { maxAttempts?: number } = {}): Promise<ReplayGateway> {
	const answers = new Map<string, { answer: ProviderAnswer; calls: number }>();
	const provider = createServer((request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', (text: string) => {
			body += text;
		});
		request.once('end', () => {
			const waiting = answers.get(/ANSWER:(\d+)/.exec(body)?.[1] ?? '');
			if (waiting === undefined) return response.writeHead(418).end();
			waiting.calls += 1;
			const { contentType, isStream, status = 200 } = waiting.answer;
			const usual = isStream ? 'text/event-stream' : 'application/json';
			response.writeHead(status, { 'content-type': contentType ?? usual });
			return sendCut(response, waiting.answer);
		});
	});
	provider.listen(0, '127.0.0.1');
	await once(provider, 'listening');
	const address = provider.address();
	const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/v1`;
	const project = createTemporaryProject();
	const gateway = await openGateway({
		projectDirectory: project.path,
		environment: { HOME: project.path },
		port: 0,
		argumentValues: {
			models: FORMATS.map((format) => inventedModel(format, { contextWindow: 10_000_000, pricing: PRICING })),
			candidates: [...FORMATS],
			fallback: { enabled: maxAttempts > 1, maxAttempts },
			fallbacks: Object.fromEntries(FORMATS.map((format) => [format, []])),
			promptCaching: false,
			budget: { dailyLimit: 1e6, monthlyLimit: 1e6, perRequestLimit: null },
			gateway: { limits: { maxBodyBytes: 16 * 1024 * 1024 } },
			log: { level: 'error' },
		},
		simulated: {
			accesses: FORMATS.map((format) => {
				const { kind, modelId } = PROVIDERS[format];
				const key = { credential: 'test', auth: 'api-key', apiKey: 'replayed' } as const;
				const region = kind === 'bedrock' ? { region: 'us-east-1' } : {};
				return { id: kind, kind, ...key, ...region, baseUrl, provider: null, models: { [format]: modelId } };
			}),
			when: 'always',
		},
		watchConfig: false,
		onWarning: () => {},
	});
	let asked = 0;
	const script = (answer: ProviderAnswer) => {
		asked += 1;
		const waiting = { answer, calls: 0 };
		answers.set(String(asked), waiting);
		return { id: String(asked), waiting };
	};
	return {
		url: gateway.url,
		script: (answer) => `ANSWER:${script(answer).id}`,
		async ask(caller, answer, options = {}) {
			const { id, waiting } = script(answer);
			const { isStream = answer.isStream } = options;
			const sent = createCallerRequest(caller, `ANSWER:${id}`, { ...options, model: answer.format, isStream });
			const response = await fetch(`${gateway.url}${sent.path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', ...options.headers },
				body: JSON.stringify(sent.body),
			});
			const { bytes, isBroken } = await readReceived(response);
			answers.delete(id);
			// a provider that has failed would not be asked for a while
			if (response.status >= 400 || bytes.includes('ROUTER_')) await gateway.reload();
			const comment = COMMENT.exec(bytes.toString('latin1'))?.[0] ?? '';
			const { headers, status } = response;
			return {
				status,
				headers,
				comment,
				bytes: bytes.subarray(0, bytes.length - comment.length),
				calls: waiting.calls,
				isBroken,
			};
		},
		async readLedger() {
			await gateway.gateway.settled();
			await gateway.gateway.runtime.system.flush();
			const path = join(project.path, '.claude/orchestration/db/routing.db');
			const database = new DatabaseSync(path, { readOnly: true });
			const rows = database.prepare('SELECT routing_id, cost_nano, is_estimated FROM cost_tracking').all();
			database.close();
			const byDecision = Map.groupBy(rows, ({ routing_id: id }) => String(id));
			const toRow = (row: (typeof rows)[number]) => ({
				costNanoUsd: Number(row['cost_nano']),
				isEstimated: row['is_estimated'] === 1,
			});
			return new Map([...byDecision].map(([id, entries]) => [id, entries.map(toRow)]));
		},
		async close() {
			await gateway.close();
			provider.closeAllConnections();
			provider.close();
			project.remove();
		},
	};
}
