import { EXIT_CODES } from './exit-codes.ts';

function codeOf(error: unknown): string | null {
	return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** The exit code an error stands for. */
export function exitCodeOf(error: unknown): number {
	const code = codeOf(error);
	if (code === 'ROUTER_BUDGET_EXCEEDED') return EXIT_CODES.budgetExceeded;
	if (code === 'ROUTER_INVALID_INPUT' || code === 'ROUTER_INVALID_CONFIG' || code === 'ROUTER_UNKNOWN_MODEL') {
		return EXIT_CODES.usage;
	}
	return EXIT_CODES.error;
}

/** Says what went wrong on stderr, as `Error: …`; with `--json` as one JSON object; a stack trace only with ROUTING_DEBUG. */
export function reportError(error: unknown, options: { isJson: boolean; isDebug: boolean }): void {
	const message = error instanceof Error ? error.message : String(error);
	if (options.isJson) {
		process.stderr.write(`${JSON.stringify({ error: { code: codeOf(error), message } })}\n`);
	} else {
		process.stderr.write(`Error: ${message}\n`);
	}
	if (options.isDebug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}
