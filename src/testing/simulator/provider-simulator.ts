import { once } from 'node:events';
import { createServer } from 'node:http';
import { handleRequest } from './handle-request.ts';
import type { SimulatedModel, SimulatedRequest, SimulatorOptions } from './simulator-options.ts';
import { SimulatorState } from './simulator-state.ts';

/** A running simulator. */
export interface ProviderSimulator {
	/** e.g. `http://127.0.0.1:40123`. */
	url: string;
	port: number;
	/** The latest requests, oldest first. */
	requests: readonly SimulatedRequest[];
	/** Gives models other scripts; their schedules start anew, other models stay as they are. */
	script(models: Readonly<Record<string, SimulatedModel>>): void;
	/** Forgets requests and how far schedules, limits and `downForMs` have come. */
	reset(): void;
	/** Ends it, open connections too. */
	close(): Promise<void>;
}

/** Starts a simulator on loopback that speaks the formats of Anthropic, OpenAI and Gemini. */
export async function startProviderSimulator(options: SimulatorOptions = {}): Promise<ProviderSimulator> {
	const state = new SimulatorState(options);
	const server = createServer((request, response) => {
		handleRequest(request, response, state).catch((error: unknown) => {
			// The client went away in the middle of its own request: there is nobody to answer.
			response.destroy(error instanceof Error ? error : new Error(String(error)));
		});
	});
	server.listen(options.port ?? 0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	return {
		url: `http://127.0.0.1:${port}`,
		port,
		requests: state.requests,
		script: (models) => state.script(models),
		reset: () => state.reset(),
		close: async () => {
			const closed = once(server, 'close');
			server.close();
			server.closeAllConnections();
			await closed;
		},
	};
}
