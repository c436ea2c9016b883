import { type Command, InvalidArgumentError } from 'commander';
import type { GlobalOptions } from '../options.ts';

function parsePort(value: string): number {
	const port = Number(value);
	if (/^\d{1,5}$/.test(value) && port <= 65_535) return port;
	throw new InvalidArgumentError(
		`"${value.slice(0, 40)}" is not a port. Write a number from 0 (any free one) to 65535.`,
	);
}

/** `switchyard serve` */
export function registerServe(program: Command): void {
	program
		.command('serve')
		.description('run the HTTP gateway for OpenAI, Anthropic and Gemini clients')
		.option('--port <number>', 'port in place of gateway.port (4141); 0 takes any free one', parsePort)
		.option('--host <address>', 'address in place of gateway.host (127.0.0.1)')
		.option('--simulate', 'let the simulator answer though there is a provider key')
		.addHelpText(
			'after',
			`
Examples:
  switchyard serve
  OPENAI_BASE_URL=http://127.0.0.1:4141/v1 OPENAI_API_KEY=local node app.js
  ANTHROPIC_BASE_URL=http://127.0.0.1:4141 claude

Without a provider key the built-in simulator answers. Ctrl-C lets running requests end, then stops.`,
		)
		.action(async (_options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<GlobalOptions & { port?: number; host?: string; simulate?: boolean }>();
			const { serve } = await import('../serve-gateway.ts');
			await serve(flags);
		});
}
