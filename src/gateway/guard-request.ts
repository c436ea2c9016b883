import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { GatewayConfig } from '../config/index.ts';
import { InvalidConfigError, InvalidInputError, RequestRefusedError } from '../errors/index.ts';

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Whether an address binds to this machine only. */
export function isLoopback(host: string): boolean {
	return LOOPBACK_NAMES.has(host) || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** @throws InvalidConfigError for an address that other machines reach, without keys */
export function requireKeysWhenWide({ host, requireKey }: Pick<GatewayConfig, 'host' | 'requireKey'>): void {
	if (isLoopback(host) || requireKey) return;
	throw new InvalidConfigError([
		{
			path: 'gateway.host',
			message: `is ${host}, which other machines reach, and no key is required: set "gateway.requireKey" to true, make keys with \`switchyard keys create\`, or listen on 127.0.0.1`,
		},
	]);
}

/** The name of a `host` header without its port. */
function nameOf(host: string): string {
	return host.replace(/:\d+$/, '').toLowerCase();
}

/**
 * Whether the name by which the gateway is called is its own: a page whose name was pointed at this machine (DNS
 * rebinding) calls by another. An address is nobody's name, so it is allowed where the gateway is bound wide.
 */
function isOwnName(host: string, config: GatewayConfig): boolean {
	const name = nameOf(host);
	if (isLoopback(name) || name === config.host.toLowerCase()) return true;
	if (config.allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return true;
	const isWide = !isLoopback(config.host);
	return isWide && isIP(name.replace(/^\[|\]$/g, '')) !== 0;
}

/** Whether the host is said twice: a proxy in between may have gone by the other. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
	let hosts = 0;
	for (let at = 0; at < rawHeaders.length; at += 2) {
		const name = rawHeaders[at];
		if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
	}
	return hosts > 1;
}

/** @throws RequestRefusedError for a host name or web origin that is not allowed, InvalidInputError for two hosts */
export function guardRequest({ headers, rawHeaders }: IncomingMessage, config: GatewayConfig): void {
	const { host, origin } = headers;
	if (hasTwoHosts(rawHeaders)) throw new InvalidInputError('The request names its host twice. Name it once.');
	if (host !== undefined && !isOwnName(host, config)) {
		throw new RequestRefusedError(
			'ROUTER_FORBIDDEN',
			`The gateway is not called "${nameOf(host).slice(0, 100)}". Call it by its address, or add the name to "gateway.allowedHosts".`,
		);
	}
	if (origin === undefined || config.allowedOrigins.includes(origin)) return;
	if (URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase()) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`Pages of the origin "${origin.slice(0, 100)}" may not call the gateway. Add it to "gateway.allowedOrigins" if they should.`,
	);
}
