import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { OpenGatewayOptions } from '../../src/gateway.ts';
import { type ProviderSimulator, type ScriptedFault, startProviderSimulator } from '../../src/testing.ts';
import { openTestGateway, simulatedDeployment } from '../support/open-scripted-gateway.ts';
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
	/** Requests that the provider refused for their shape, with the reason it gave. */
	listRefusals(): Promise<string[]>;
	close(): Promise<void>;
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
	{ company, fallbacks = listOthers(company), isBudgetSpent, refusesKeys }: StageOptions,
): Promise<{ url: string; simulator: ProviderSimulator; close(): Promise<void> }> {
	const chain = fallbacks.map((other) => MODELS[other]);
	const config: NonNullable<OpenGatewayOptions['argumentValues']> = {
		budget: { dailyLimit: isBudgetSpent === true ? 0.000001 : 1000, monthlyLimit: 10_000, perRequestLimit: null },
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
	const opened =
		options.withoutGateway === true
			? await startProviderSimulator({ isStrict: true, answerWith: script.answerWith }).then((simulator) => ({
					url: simulator.url,
					simulator,
					close: simulator.close,
				}))
			: await openGatewayBefore(script, options);
	return {
		url: opened.url,
		folder,
		picture,
		script,
		listRefusals: async () => {
			const refused = opened.simulator.requests.filter(
				({ abortedAt, billed, endedAt, met, path }) =>
					met === 'ok' &&
					billed === null &&
					endedAt !== null &&
					abortedAt === null &&
					!/count|input_tokens/i.test(path),
			);
			return await Promise.all(
				refused.map(async ({ bodyText, path }) => {
					const again = await fetch(new URL(path, opened.simulator.url), { method: 'POST', body: bodyText });
					return `${path}: ${(await again.text()).slice(0, 300)}`;
				}),
			);
		},
		close: async () => {
			await opened.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
