import type { AlertTargets } from '../contracts/index.ts';
import type { ConfigIssue } from '../errors/index.ts';
import { type Environment, readVariable } from './environment.ts';

/** Alert targets with the secret that the configuration refers to. Holds a secret: never log it. */
export interface ResolvedAlertTargets {
	webhook?: { url: string; secret: string | null };
	command?: readonly string[];
}

function secretOf(reference: string | undefined, environment: Environment): string | null {
	if (reference === undefined) return null;
	return readVariable(environment, reference.replace(/^env:/, '')) ?? null;
}

/** Where alerts go; `null` when nowhere. */
export function readAlertTargets(
	notify: AlertTargets | undefined,
	environment: Environment,
): ResolvedAlertTargets | null {
	const { webhook, command } = notify ?? {};
	if (webhook === undefined && command === undefined) return null;
	return {
		...(webhook && { webhook: { url: webhook.url, secret: secretOf(webhook.secret, environment) } }),
		...(command && { command }),
	};
}

/** A warning for a secret that is referred to and not set: alerts would go out unsigned. */
export function warnOfMissingSecret(notify: AlertTargets | undefined, environment: Environment): ConfigIssue[] {
	const reference = notify?.webhook?.secret;
	if (reference === undefined || secretOf(reference, environment) !== null) return [];
	const message = `the environment variable ${reference.replace(/^env:/, '')} is not set: alerts are sent unsigned`;
	return [{ path: 'budget.notify.webhook.secret', message }];
}
