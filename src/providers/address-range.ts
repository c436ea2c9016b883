import ipaddr from 'ipaddr.js';
import { normalizeHost } from '../util/index.ts';

/** Whether a configured host may be called, and why not. A name is `allowed` as far as it goes: what it resolves to is judged when it is called. */
export type HostVerdict = 'allowed' | 'private' | 'forbidden';

/** Judges a host as a URL has it. Loopback is allowed, other private ranges only when listed, metadata services never. */
export function checkHost(host: string, allowedPrivateHosts: readonly string[]): HostVerdict {
	const range = getAddressRange(host);
	if (range === 'forbidden' || METADATA_NAME.test(normalizeHost(host))) return 'forbidden';
	if (range !== 'private') return 'allowed';
	return isListedHost(host, allowedPrivateHosts) ? 'allowed' : 'private';
}

/** Judges what a host resolved to: a name of the internet must not lead into this machine or its network. */
export function checkResolvedAddress(
	host: string,
	address: string,
	allowedPrivateHosts: readonly string[],
): HostVerdict {
	const range = getAddressRange(address);
	if (range === 'public') return 'allowed';
	if (range === null || range === 'forbidden') return 'forbidden';
	if (isListedHost(host, allowedPrivateHosts)) return 'allowed';
	const isItself = getAddressRange(host) === range || isLoopbackName(host);
	return range === 'loopback' && isItself ? 'allowed' : 'private';
}

/** Whether a name means this machine. */
export function isLoopbackName(host: string): boolean {
	return /(^|\.)localhost$/.test(normalizeHost(host));
}

/** Names under which clouds hand out credentials to whoever asks from inside. */
const METADATA_NAME =
	/^(?:metadata|instance-data|metadata\.(?:google\.internal|goog|azure\.internal|tencentyun\.com|packet\.net|platformequinix\.com)|api\.metadata\.cloud\.ibm\.com|instance-data\..*)$/;

/** Whether a host is listed, whatever the case of its letters. */
export function isListedHost(host: string, allowedPrivateHosts: readonly string[]): boolean {
	return allowedPrivateHosts.some((allowed) => normalizeHost(allowed) === normalizeHost(host));
}

/** Where an address lies. `forbidden`: link-local and the services of clouds that hand out credentials, unspecified, multicast, reserved. */
export type AddressRange = 'public' | 'loopback' | 'private' | 'forbidden';

type Address = ReturnType<typeof ipaddr.parse>;

/** The first row that fits counts. */
const RANGES = parseRanges<AddressRange>([
	// metadata services beyond 169.254.0.0/16: Alibaba Cloud, Oracle Cloud (both), Azure, AWS, Google Cloud, Scaleway, Linode
	['forbidden', '100.100.100.200/32 192.0.0.192/32 fd00:c1::a9fe:a9fe/128 168.63.129.16/32'],
	['forbidden', 'fd00:ec2::/32 fd20:ce::254/128 fd00:42::42/128 fd00:a9fe:a9fe::1/128'],
	['loopback', '127.0.0.0/8 ::1/128'],
	['private', '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 198.18.0.0/15 fc00::/7 fec0::/10'],
	['forbidden', '0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3'],
	// Teredo and the NAT64 prefix for networks of one's own hide an IPv4 address in places of their own
	['forbidden', '2001:db8::/32 2001::/32'],
	// of IPv6 nothing but 2000::/3 is reached by way of the internet
	['public', '0.0.0.0/0 2000::/3'],
	['forbidden', '::/0'],
]);

/** Ranges of IPv6 whose addresses stand for one of IPv4, by the byte at which it begins: mapped, NAT64, compatible; 6to4. */
const EMBEDDINGS = parseRanges<number>([
	[12, '::ffff:0:0/96 64:ff9b::/96 ::/96'],
	[2, '2002::/16'],
]);

function parseRanges<Value>(rows: Array<[Value, cidrs: string]>): Array<[Value, Array<[Address, number]>]> {
	return rows.map(([value, cidrs]) => [value, cidrs.split(' ').map((cidr) => ipaddr.parseCIDR(cidr))]);
}

function findRange<Value>(rows: ReturnType<typeof parseRanges<Value>>, address: Address): Value | undefined {
	const isInside = ([start, bits]: [Address, number]) => start.kind() === address.kind() && address.match(start, bits);
	return rows.find(([, ranges]) => ranges.some(isInside))?.[0];
}

/** Where an IP address lies; `null` when the text is none. Spellings that a URL allows (decimal, octal) are for the URL parser to resolve first. */
export function getAddressRange(text: string): AddressRange | null {
	const host = normalizeHost(text).replace(/%.*$/, '');
	if (!ipaddr.IPv4.isValidFourPartDecimal(host) && !ipaddr.IPv6.isValid(host)) return null;
	const address = ipaddr.parse(host);
	const start = address.toString() === '::1' ? undefined : findRange(EMBEDDINGS, address);
	const embedded = start === undefined ? address : new ipaddr.IPv4(address.toByteArray().slice(start, start + 4));
	return findRange(RANGES, embedded) ?? null;
}
