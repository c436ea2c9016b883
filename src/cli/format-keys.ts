import type { KeyLimits, VirtualKey } from '../index.ts';
import { formatTable } from './output.ts';

/** A key as it is shown: never with its hash. */
export type ShownKey = Omit<VirtualKey, 'secretHash'>;

/** Whether a key opens anything now. */
export function keyState(key: ShownKey, now: number): 'in force' | 'expired' | 'revoked' {
	if (key.revokedAt !== null) return 'revoked';
	return key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'in force';
}

function day(at: number | null): string {
	return at === null ? 'never' : new Date(at).toISOString().slice(0, 10);
}

function limitsText({ requestsPerMinute, tokensPerMinute, maxParallel }: KeyLimits): string {
	const parts = [
		requestsPerMinute === undefined ? null : `${requestsPerMinute} requests/min`,
		tokensPerMinute === undefined ? null : `${tokensPerMinute} tokens/min`,
		maxParallel === undefined ? null : `${maxParallel} at once`,
	];
	return parts.filter((part) => part !== null).join(', ') || 'none';
}

/** A table of keys. */
export function keysTable(keys: readonly ShownKey[], now: number): string {
	return formatTable(
		['Id', 'Name', 'State', 'Scopes', 'Team', 'Tags', 'Models', 'Limits', 'Created', 'Expires'],
		keys.map((key) => [
			key.id,
			key.name,
			keyState(key, now),
			key.scopes.join(','),
			key.team ?? '-',
			key.tags.join(',') || '-',
			key.allowedModels?.join(',') ?? 'all',
			limitsText(key.limits),
			day(key.createdAt),
			day(key.expiresAt),
		]),
	);
}

/** The one time a key's secret is shown. */
export function issuedText(key: ShownKey, token: string): string {
	return [
		`Key ${key.id} ("${key.name}"), scopes ${key.scopes.join(', ')}, expires: ${day(key.expiresAt)}.`,
		'',
		`  ${token}`,
		'',
		'Keep it now: it is stored nowhere and cannot be shown again. Clients send it as their API key.',
	].join('\n');
}
