import type { GatewayConfig } from '../config/index.ts';
import type { DeploymentAccess } from '../contracts/index.ts';
import { InvalidConfigError } from '../errors/index.ts';
import { isLoopback } from './guard-request.ts';

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
export function requireOtherAddress(
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
