import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from '../mock/behaviour.ts';
import type { Command } from '../processes/child-processes.ts';

/** Where a target runs in one round. */
export interface Place {
	port: number;
	mockPort: number;
	/** A new, empty folder for its files. */
	folder: string;
}

/** How a target is asked. */
export interface Call {
	port: number;
	path: string;
	headers: Readonly<Record<string, string>>;
	model: string;
}

/** Something that answers in a provider's place. */
export interface Target {
	name: string;
	label: string;
	/** Formats it takes. */
	apis: readonly Api[];
	/** Most arrivals a second of large requests, for a target that cannot keep up with more. */
	maxLargePerSecond?: number;
	/** What must be done before it can run here; `null`: nothing. */
	missing(): string | null;
	/** What is set up before the start is timed. */
	prepare?(place: Place): Promise<void>;
	/** `null`: nothing is started. */
	command(place: Place): Command | null;
	call(api: Api, place: Place): Call;
}

/** The credential that the mock is shown; it checks none. */
export const MOCK_KEY = 'sk-mock-0000000000000000000000000000000000000000';

/** The model that is asked for where the target chooses none. */
export const MOCK_MODEL = 'bench-model';

/** Folder of the benchmark. */
export const HERE: string = join(import.meta.dirname, '..');

/** A call as the official clients make it. */
export function plainCall(api: Api, port: number, key: string = MOCK_KEY): Call {
	return api === 'openai'
		? { port, path: '/v1/chat/completions', headers: { authorization: `Bearer ${key}` }, model: MOCK_MODEL }
		: {
				port,
				path: '/v1/messages',
				headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
				model: MOCK_MODEL,
			};
}

/** A file of an installed peer. */
export function peerFile(path: string): string {
	return join(HERE, 'node_modules', path);
}

/** What to do where a peer's file is not there. */
export function missingPeer(path: string): string | null {
	return existsSync(peerFile(path)) ? null : 'not installed: npm ci --prefix benchmarks/gateway';
}
