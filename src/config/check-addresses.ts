import { judgeHost, parseHttpAddress } from '../util/index.ts';
import type { ConfigLayer } from './config-layer.ts';
import type { ConfigPath } from './config-path.ts';
import type { ExplainedIssue } from './explain-issues.ts';

function* addresses(config: ConfigLayer): Generator<{ path: ConfigPath; address: string }> {
	for (const [name, settings] of Object.entries(config.providers ?? {})) {
		if (settings.baseUrl !== undefined) yield { path: ['providers', name, 'baseUrl'], address: settings.baseUrl };
	}
	for (const [index, { baseUrl }] of (config.deployments ?? []).entries()) {
		if (baseUrl !== undefined) yield { path: ['deployments', index, 'baseUrl'], address: baseUrl };
	}
}

/** Addresses of providers that lead where no provider may be: private networks that are not listed, services of the cloud. */
export function checkAddresses(config: ConfigLayer): ExplainedIssue[] {
	const allowed = config.gateway?.allowedPrivateHosts ?? [];
	return [...addresses(config)].flatMap(({ path, address }) => {
		const url = parseHttpAddress(address);
		const verdict = url === null ? 'allowed' : judgeHost(url.hostname, allowed);
		if (url === null || verdict === 'allowed') return [];
		const message =
			verdict === 'private'
				? `leads into a private network. If that is meant, add "${url.hostname}" to gateway.allowedPrivateHosts`
				: `leads to ${url.hostname}, where no provider can be: link-local, reserved and metadata addresses are never called`;
		return [{ path, message }];
	});
}
