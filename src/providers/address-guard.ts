import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { InvalidConfigError } from '../errors/index.ts';
import { parseHttpAddress } from '../util/index.ts';
import { checkHost, checkResolvedAddress, getAddressRange } from './address-range.ts';
import { findProxy, type ProxySettings } from './proxy.ts';

/** Hosts that may be called beside the internet and this machine. */
export interface AddressPolicy {
	/** Hosts in private networks, as they stand in URLs. @default none */
	allowedPrivateHosts?: readonly string[] | undefined;
	/** Proxies by which the internet is reached. @default none */
	proxy?: ProxySettings | undefined;
}

/** An address that must not be called. `code` is what `createConnectionError` shows. */
export class RefusedAddressError extends Error {
	override name = 'RefusedAddressError';
	readonly code = 'ADDRESS_REFUSED';
}

/** Why no provider may be called at a host, as far as its name tells; `null` where it may. */
export function describeForbiddenHost(hostname: string, allowedPrivateHosts: readonly string[] = []): string | null {
	const verdict = checkHost(hostname, allowedPrivateHosts);
	if (verdict === 'allowed') return null;
	return verdict === 'private'
		? `leads into a private network. If that is meant, add "${hostname}" to gateway.allowedPrivateHosts`
		: `leads to ${hostname}, where no provider can be: link-local, reserved and metadata addresses are never called`;
}

/** A deployment's address, checked as far as that is possible before it is called. @throws InvalidConfigError */
export function parseBaseUrl(text: string, path: string, policy: AddressPolicy): URL {
	const url = parseHttpAddress(text);
	let message: string | null = 'must be an http or https address without a user name, password, query or fragment';
	if (url !== null) message = describeForbiddenHost(url.hostname, policy.allowedPrivateHosts);
	if (url !== null && getAddressRange(url.hostname) !== null && findProxy(url, policy) !== null)
		message = 'is an address, not a name: it is not called through a proxy. Write its name, or add it to NO_PROXY';
	if (url === null || message !== null) throw new InvalidConfigError([{ path, message: message ?? '' }]);
	return url;
}

/**
 * Resolves names as usual and refuses to connect where one of the internet leads into this machine, its network or a
 * metadata service: what DNS answers is checked at every connection, so a name cannot change its mind after a check.
 */
export function createGuardedLookup(policy: AddressPolicy = {}, resolve: typeof lookup = lookup): LookupFunction {
	const allowed = policy.allowedPrivateHosts ?? [];
	return (hostname, options, callback) => {
		resolve(hostname, { ...options, all: true }, (error, addresses) => {
			if (error !== null) return callback(error, '');
			const refused = addresses.find(({ address }) => checkResolvedAddress(hostname, address, allowed) !== 'allowed');
			const [first] = addresses;
			if (refused !== undefined || first === undefined) {
				const where = refused === undefined ? 'no address' : `${refused.address}, where calls must not lead`;
				const hint = 'If it is a server of yours, add its name to gateway.allowedPrivateHosts.';
				return callback(new RefusedAddressError(`${hostname} resolves to ${where}. ${hint}`), '');
			}
			if (options.all === true) callback(null, addresses);
			else callback(null, first.address, first.family);
		});
	};
}
