import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { OpenGatewayOptions } from '../../src/gateway.ts';
import { type ScriptedFault, startProviderSimulator } from '../../src/testing.ts';
import { openTestGateway, simulatedDeployment, type TestGateway } from '../support/open-scripted-gateway.ts';
import type { Company } from './client-driver.ts';
import { createProviderScript, type PlannedFault, type ProviderScript } from './provider-script.ts';

/** The model that a client of each company asks for. */
export const MODELS: Readonly<Record<Company, string>> = {
	anthropic: 'claude-opus-5-5',
	openai: 'gpt-6-sol',
	google: 'gemini-3.8-flash',
};

/** The companies after a client's own, in the order of its fallbacks. */
export function listOthers(company: Company): Company[] {
	return (['anthropic', 'openai', 'google'] as const).filter((other) => other !== company);
}

/** What stands before a client for one cell: a strict provider that follows a script, a gateway, and a folder to work in. */
export interface Stage {
	/** Origin that the client is given. */
	url: string;
	folder: string;
	picture: string;
	script: ProviderScript;
	/** Requests that the client has made so far. */
	countRequests(): number;
	/** The model that answers a probe of one token. */
	findCheapest(): Promise<string | null>;
	/** What the gateway has decided, oldest first; nothing where there is no gateway. */
	listDecisions(): Promise<StageDecision[]>;
	/** Requests that the provider refused for their shape, with the reason it gave. */
	listRefusals(): Promise<string[]>;
	close(): Promise<void>;
}

/** One decision as the gateway keeps it. */
export interface StageDecision {
	model: string;
	policy: string;
	/** What the client made the request for; `null` for a turn of a conversation. */
	requestClass: string | null;
	/** The client's name of the conversation; `null` where it has none. */
	session: string | null;
}

/** How a stage differs from an ordinary day. */
export interface StageOptions {
	company: Company;
	toolsMarkMainCalls: boolean;
	/** Whose models follow the client's own. @default the other two */
	fallbacks?: readonly Company[];
	faults?: readonly PlannedFault[];
	drawFault?: () => ScriptedFault | null;
	/** A virtual key is needed, and there is none. */
	refusesKeys?: boolean;
	/** The day's budget is spent. */
	isBudgetSpent?: boolean;
	/** Names that mean `auto` here. */
	aliases?: Readonly<Record<string, string>>;
	/** The client speaks to the provider itself. */
	withoutGateway?: boolean;
}

function createChunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type), data]);
	const sizes = Buffer.alloc(8);
	sizes.writeUInt32BE(data.length, 0);
	sizes.writeUInt32BE(crc32(body), 4);
	return Buffer.concat([sizes.subarray(0, 4), body, sizes.subarray(4)]);
}

/** A PNG of 64 by 64 pixels of one colour. */
function createPicture(): Buffer {
	const header = Buffer.from([0, 0, 0, 64, 0, 0, 0, 64, 8, 2, 0, 0, 0]);
	const row = Buffer.concat([Buffer.alloc(1), Buffer.alloc(64 * 3, 0xb0)]);
	const pixels = deflateSync(Buffer.concat(Array.from({ length: 64 }, () => row)));
	const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	const chunks = [createChunk('IHDR', header), createChunk('IDAT', pixels), createChunk('IEND', Buffer.alloc(0))];
	return Buffer.concat([signature, ...chunks]);
}

async function openGatewayBefore(
	script: ProviderScript,
	{ aliases = {}, company, fallbacks = listOthers(company), isBudgetSpent, refusesKeys }: StageOptions,
): Promise<TestGateway> {
	const chain = fallbacks.map((other) => MODELS[other]);
	const config: NonNullable<OpenGatewayOptions['argumentValues']> = {
		budget: { dailyLimit: isBudgetSpent === true ? 0.000001 : 1000, monthlyLimit: 10_000, perRequestLimit: 10 },
		aliases,
		fallbacks: { [MODELS[company]]: chain },
		gateway: { requireKey: refusesKeys === true },
	};
	return await openTestGateway({
		deployments: (['anthropic', 'openai', 'google'] as const).map((kind) => ({
			...simulatedDeployment(kind, {}),
			provider: kind,
		})),
		config,
		simulated: { isStrict: true, answerWith: script.answerWith },
	});
}

const DECISIONS = `SELECT d.id, model_selected AS model, policy, max(session_id) AS session
	FROM routing_decisions d LEFT JOIN cost_tracking c ON c.routing_id = d.id GROUP BY d.id ORDER BY d.rowid`;

/** The decisions as the gateway keeps them, oldest first. */
async function listDecisions({ gateway, query }: TestGateway): Promise<StageDecision[]> {
	const rows = await query(DECISIONS);
	const { records } = await gateway.gateway.runtime.system.storage();
	return await Promise.all(
		rows.map(async ({ id, ...row }) => {
			const { features = [] } = (await records.decision(String(id))) ?? {};
			const requestClass = features.find(({ target }) => target === 'request-class')?.name ?? null;
			return { ...row, requestClass } as StageDecision; // the columns of the query
		}),
	);
}

/** Counts what is sent to a server of this process, whoever serves it. */
function watchRequests(url: string): { readonly count: number; stop(): void } {
	const port = Number(new URL(url).port);
	let count = 0;
	const onRequest = (message: unknown) => {
		const { request } = message as { request: IncomingMessage }; // as Node documents this channel
		if (request.method === 'POST' && request.socket.localPort === port) count += 1;
	};
	subscribe('http.server.request.start', onRequest);
	return {
		get count() {
			return count;
		},
		stop: () => void unsubscribe('http.server.request.start', onRequest),
	};
}

/** Opens one. */
export async function openStage(options: StageOptions): Promise<Stage> {
	const folder = mkdtempSync(join(tmpdir(), 'switchyard-client-'));
	mkdirSync(join(folder, '.git')); // programs look for the project's root
	const picture = join(folder, 'picture.png');
	writeFileSync(picture, createPicture());
	writeFileSync(join(folder, 'hello.txt'), 'The file says FORTY-TWO.\n');
	const { faults = [], toolsMarkMainCalls, drawFault } = options;
	const script = createProviderScript({
		folder,
		toolsMarkMainCalls,
		faults,
		...(drawFault === undefined ? {} : { drawFault }),
	});
	const gateway = options.withoutGateway === true ? null : await openGatewayBefore(script, options);
	const simulator =
		gateway?.simulator ?? (await startProviderSimulator({ isStrict: true, answerWith: script.answerWith }));
	const { url } = gateway ?? simulator;
	const requests = watchRequests(url);
	return {
		url,
		folder,
		picture,
		script,
		countRequests: () => requests.count,
		findCheapest: async () => {
			const body = { model: 'auto', max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] };
			const headers = { 'content-type': 'application/json' };
			const answer = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body: JSON.stringify(body) });
			return answer.headers.get('x-switchyard-model');
		},
		listDecisions: async () => (gateway === null ? [] : await listDecisions(gateway)),
		listRefusals: async () => {
			const refused = simulator.requests.filter(
				({ abortedAt, billed, endedAt, met, path }) =>
					met === 'ok' &&
					billed === null &&
					endedAt !== null &&
					abortedAt === null &&
					!/count|input_tokens/i.test(path),
			);
			return await Promise.all(
				refused.map(async ({ bodyText, path }) => {
					const again = await fetch(new URL(path, simulator.url), { method: 'POST', body: bodyText });
					return `${path}: ${(await again.text()).slice(0, 300)}`;
				}),
			);
		},
		close: async () => {
			requests.stop();
			await (gateway ?? simulator).close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
