import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { GatewayConfig } from '../../config/index.ts';
import { InvalidConfigError, InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import type { DeploymentAccess } from '../../providers/index.ts';

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Whether an address binds to this machine only. */
function isLoopback(host: string): boolean {
	return LOOPBACK_NAMES.has(host) || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** @throws InvalidConfigError for an address that other machines reach, without keys */
export function requireKeysBeyondLoopback({ host, requireKey }: Pick<GatewayConfig, 'host' | 'requireKey'>): void {
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

/** Seconds a browser may remember that it asked. */
const REMEMBERED_SECONDS = '600';

/** Lets pages of the configured origins read answers; of any other origin nothing is said, so browsers keep them out. True: it was a browser's question beforehand, and is answered. */
export function handleCors(
	{ headers, method }: IncomingMessage,
	response: ServerResponse,
	{ allowedOrigins }: Pick<GatewayConfig, 'allowedOrigins'>,
): boolean {
	const { origin } = headers;
	if (origin === undefined || !allowedOrigins.includes(origin)) return false;
	response.setHeader('access-control-allow-origin', origin);
	response.setHeader('vary', 'origin');
	response.setHeader('access-control-expose-headers', '*');
	if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
	response.writeHead(204, {
		'access-control-allow-methods': 'GET, POST',
		// A star would leave out `authorization`: what the page asks for is named.
		'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
		'access-control-max-age': REMEMBERED_SECONDS,
	});
	response.end();
	return true;
}

function isOwn(address: string, { host, port }: Pick<GatewayConfig, 'host' | 'port'>): boolean {
	if (!URL.canParse(address)) return false;
	const url = new URL(address);
	const isSamePort = Number(url.port || (url.protocol === 'https:' ? 443 : 80)) === port;
	return isSamePort && (isLoopback(url.hostname) || url.hostname === host);
}

/**
 * Refuses a provider whose address is the gateway's own: each request would come back to it until the budget is used up.
 * It happens where the variables meant for clients (`OPENAI_BASE_URL`, …) are set for the gateway too.
 * @throws InvalidConfigError
 */
export function rejectOwnAddress(
	accesses: readonly Pick<DeploymentAccess, 'id' | 'baseUrl'>[],
	gateway: Pick<GatewayConfig, 'host' | 'port'>,
): void {
	const own = accesses.filter(({ baseUrl }) => baseUrl !== undefined && isOwn(baseUrl, gateway));
	if (own.length === 0) return;
	throw new InvalidConfigError(
		own.map(({ id, baseUrl }) => ({
			path: id,
			message: `is reached at ${baseUrl}, where the gateway itself would listen: set OPENAI_BASE_URL, ANTHROPIC_BASE_URL and the like for clients only, not for the gateway, or choose another --port`,
		})),
	);
}
