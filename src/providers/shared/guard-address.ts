import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { InvalidConfigError } from '../../errors/index.ts';
import { judgeHost, judgeResolved, parseHttpAddress } from '../../util/index.ts';

/** Where calls may lead beside the internet and this machine. */
export interface AddressPolicy {
	/** Hosts in private networks, as they stand in URLs. @default none */
	allowedPrivateHosts?: readonly string[];
}

/** An address that calls must not lead to. `code` is what `connectionError` shows. */
class RefusedAddressError extends Error {
	override name = 'RefusedAddressError';
	readonly code = 'ADDRESS_REFUSED';
}

/** A deployment's address, as far as it can be judged before it is called. @throws InvalidConfigError */
export function checkBaseUrl(text: string, place: string, policy: AddressPolicy): URL {
	const url = parseHttpAddress(text);
	if (url === null) {
		const message = 'must be an http or https address without a user name, password, query or fragment';
		throw new InvalidConfigError([{ path: place, message }]);
	}
	const verdict = judgeHost(url.hostname, policy.allowedPrivateHosts ?? []);
	if (verdict === 'allowed') return url;
	const message =
		verdict === 'private'
			? `leads into a private network. If that is meant, add "${url.hostname}" to gateway.allowedPrivateHosts`
			: `leads to ${url.hostname}, where no provider can be`;
	throw new InvalidConfigError([{ path: place, message }]);
}

/**
 * Resolves names as usual and refuses to connect where one of the internet leads into this machine, its network or a
 * metadata service: what DNS answers is judged at every connection, so a name cannot change its mind after a check.
 */
export function createGuardedLookup(policy: AddressPolicy = {}, resolve: typeof lookup = lookup): LookupFunction {
	const allowed = policy.allowedPrivateHosts ?? [];
	return (hostname, options, callback) => {
		resolve(hostname, { ...options, all: true }, (error, addresses) => {
			if (error !== null) return callback(error, '');
			const refused = addresses.find(({ address }) => judgeResolved(hostname, address, allowed) !== 'allowed');
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
