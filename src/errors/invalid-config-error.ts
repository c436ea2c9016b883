import { RouterError } from './router-error.ts';

/** One thing wrong with a configuration or an argument. */
export interface ConfigIssue {
	/** Where, e.g. `config.json: weights.cost` or `ROUTING_TIMEOUT`. */
	path: string;
	/** What is wrong and what to write instead. */
	message: string;
}

/** A configuration that cannot be used; lists everything wrong with it at once. */
export class InvalidConfigError extends RouterError {
	override name = 'InvalidConfigError';
	readonly issues: readonly ConfigIssue[];

	constructor(issues: readonly ConfigIssue[], options: { cause?: unknown } = {}) {
		const lines = issues.map((issue) => `${issue.path}: ${issue.message}`);
		super(
			'ROUTER_INVALID_CONFIG',
			lines.length === 1 ? `Invalid configuration: ${lines[0]}` : `Invalid configuration:\n- ${lines.join('\n- ')}`,
			options,
		);
		this.issues = issues;
	}
}
