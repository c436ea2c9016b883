import { isLoopbackName, isMetadataName, rangeOfAddress } from './address-range.ts';
import { plainHost } from './http-address.ts';

/** Whether a configured host may be called, and why not. A name is `allowed` as far as it goes: what it resolves to is judged when it is called. */
export type HostVerdict = 'allowed' | 'private' | 'forbidden';

/** Judges a host as a URL has it. Loopback is allowed, other private ranges only when listed, metadata services never. */
export function judgeHost(host: string, allowedPrivateHosts: readonly string[]): HostVerdict {
	const range = rangeOfAddress(host);
	if (range === 'forbidden' || isMetadataName(host)) return 'forbidden';
	if (range !== 'private') return 'allowed';
	return isListedHost(host, allowedPrivateHosts) ? 'allowed' : 'private';
}

/** Judges what a host resolved to: a name of the internet must not lead into this machine or its network. */
export function judgeResolved(host: string, address: string, allowedPrivateHosts: readonly string[]): HostVerdict {
	const range = rangeOfAddress(address);
	if (range === 'public') return 'allowed';
	if (range === null || range === 'forbidden') return 'forbidden';
	if (isListedHost(host, allowedPrivateHosts)) return 'allowed';
	const isItself = rangeOfAddress(host) === range || isLoopbackName(host);
	return range === 'loopback' && isItself ? 'allowed' : 'private';
}

function isListedHost(host: string, allowedPrivateHosts: readonly string[]): boolean {
	return allowedPrivateHosts.some((allowed) => plainHost(allowed) === plainHost(host));
}
