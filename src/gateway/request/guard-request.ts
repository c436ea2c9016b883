import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { GatewayConfig } from '../../config/index.ts';
import { InvalidConfigError, InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import type { Deployment, DeploymentAccess } from '../../providers/index.ts';

/**
 * A check of a request's host and origin against DNS rebinding and cross-origin calls. It remembers the last host it
 * accepted: nearly every request names the same.
 * @returns a function that throws RequestRefusedError for a host or web origin that is not allowed, InvalidInputError for
 * two hosts
 */
export function createRequestGuard(): (request: IncomingMessage, config: GatewayConfig) => void {
	let accepted: { host: string; config: GatewayConfig } | null = null;
	return ({ headers, rawHeaders }, config) => {
		const { host, origin } = headers;
		if (hasTwoHosts(rawHeaders)) throw new InvalidInputError('The request names its host twice. Name it once.');
		if (host !== undefined && (accepted?.host !== host || accepted.config !== config)) {
			requireAllowedHost(host, config);
			accepted = { host, config };
		}
		if (origin !== undefined) requireAllowedOrigin(origin, host, config);
	};
}

/** Whether the host header came twice: a proxy in front may have checked the other one. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
	let hosts = 0;
	for (let index = 0; index < rawHeaders.length; index += 2) {
		const name = rawHeaders[index];
		if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
	}
	return hosts > 1;
}

function requireAllowedHost(host: string, config: GatewayConfig): void {
	const name = host.replace(/:\d+$/, '').toLowerCase();
	if (isAllowedHost(name, config)) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`The gateway is not called "${name.slice(0, 100)}". Call it by its address, or add the name to "gateway.allowedHosts".`,
	);
}

/**
 * DNS rebinding points a name of the attacker's at this machine, so a page of that name calls by a name the gateway does
 * not have. An IP address cannot be rebound: any is allowed where the gateway listens beyond loopback.
 */
function isAllowedHost(name: string, config: GatewayConfig): boolean {
	if (isLoopback(name) || name === config.host.toLowerCase()) return true;
	if (config.allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return true;
	return !isLoopback(config.host) && isIP(name.replace(/^\[|\]$/g, '')) !== 0;
}

function requireAllowedOrigin(origin: string, host: string | undefined, config: GatewayConfig): void {
	if (config.allowedOrigins.includes(origin)) return;
	if (URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase()) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`Pages of the origin "${origin.slice(0, 100)}" may not call the gateway. Add it to "gateway.allowedOrigins" if they should.`,
	);
}

const PREFLIGHT_MAX_AGE_SECONDS = '600';

/**
 * Sets the CORS headers for the configured origins; without them browsers keep answers from the page. Returns true for a
 * CORS preflight request, which is answered here.
 */
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
		// `*` would not cover `authorization`, so the requested headers are listed.
		'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
		'access-control-max-age': PREFLIGHT_MAX_AGE_SECONDS,
	});
	response.end();
	return true;
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

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

/**
 * Passing logins on is for the people of this machine alone: other machines would be called through with theirs.
 * @throws InvalidConfigError for a deployment with logins where other machines reach the gateway
 */
export function requireLoopbackForLogins(
	{ host }: Pick<GatewayConfig, 'host'>,
	deployments: readonly Pick<Deployment, 'id' | 'isCallersLogin'>[],
): void {
	const found = deployments.find(({ isCallersLogin }) => isCallersLogin === true);
	if (found === undefined || isLoopback(host)) return;
	throw new InvalidConfigError([
		{
			path: `deployments "${found.id}".auth`,
			message: `is "passthrough", and gateway.host is ${host}, which other machines reach: logins are passed on from this machine only. Listen on 127.0.0.1, or give the deployment a key`,
		},
	]);
}

/**
 * Rejects a provider whose address is the gateway's own: each request would loop until the budget is used up. It happens
 * where the variables meant for clients (`OPENAI_BASE_URL`, …) are set for the gateway too.
 * @throws InvalidConfigError
 */
export function rejectOwnAddress(
	accesses: readonly Pick<DeploymentAccess, 'id' | 'baseUrl'>[],
	gateway: Pick<GatewayConfig, 'host' | 'port'>,
): void {
	const loops = accesses.filter(({ baseUrl }) => baseUrl !== undefined && isOwnAddress(baseUrl, gateway));
	if (loops.length === 0) return;
	throw new InvalidConfigError(
		loops.map(({ id, baseUrl }) => ({
			path: id,
			message: `is reached at ${baseUrl}, where the gateway itself would listen: set OPENAI_BASE_URL, ANTHROPIC_BASE_URL and the like for clients only, not for the gateway, or choose another --port`,
		})),
	);
}

/** Whether an address is the one at which a gateway of these settings listens. */
export function isOwnAddress(address: string, { host, port }: Pick<GatewayConfig, 'host' | 'port'>): boolean {
	if (!URL.canParse(address)) return false;
	const url = new URL(address);
	const isSamePort = Number(url.port || (url.protocol === 'https:' ? 443 : 80)) === port;
	return isSamePort && (isLoopback(url.hostname) || url.hostname === host);
}
