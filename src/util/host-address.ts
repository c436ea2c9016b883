/** Whether a configured host may be called, and why not. A name is `allowed` as far as it goes: what it resolves to is judged when it is called. */
export type HostVerdict = 'allowed' | 'private' | 'forbidden';

/** Judges a host as a URL has it. Loopback is allowed, other private ranges only when listed, metadata services never. */
export function checkHost(host: string, allowedPrivateHosts: readonly string[]): HostVerdict {
	const range = getAddressRange(host);
	if (range === 'forbidden' || isMetadataName(host)) return 'forbidden';
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

function isListedHost(host: string, allowedPrivateHosts: readonly string[]): boolean {
	return allowedPrivateHosts.some((allowed) => normalizeHost(allowed) === normalizeHost(host));
}

/** Where an address lies. `forbidden`: link-local and the services of clouds that hand out credentials, unspecified, multicast, reserved. */
export type AddressRange = 'public' | 'loopback' | 'private' | 'forbidden';

/** First 32 bits, how many of them count, and what lies there; the first row that fits counts. */
const IPV4_RANGES: ReadonlyArray<readonly [start: number, bits: number, range: AddressRange]> = [
	[0x7f000000, 8, 'loopback'],
	[0x00000000, 8, 'forbidden'],
	[0xa9fe0000, 16, 'forbidden'],
	// Metadata services of Alibaba Cloud and Oracle Cloud.
	[0x646464c8, 32, 'forbidden'],
	[0xc00000c0, 32, 'forbidden'],
	[0x0a000000, 8, 'private'],
	[0xac100000, 12, 'private'],
	[0xc0a80000, 16, 'private'],
	[0x64400000, 10, 'private'],
	[0xc6120000, 15, 'private'],
	[0xc0000000, 24, 'forbidden'],
	[0xc0000200, 24, 'forbidden'],
	[0xc6336400, 24, 'forbidden'],
	[0xcb007100, 24, 'forbidden'],
	[0xe0000000, 3, 'forbidden'],
];

function getIpv4Range(address: number): AddressRange {
	const row = IPV4_RANGES.find(([start, bits]) => ((address ^ start) >>> 0) >>> (32 - bits) === 0);
	return row?.[2] ?? 'public';
}

function parseIpv4(text: string): number | null {
	const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
	if (parts === undefined || parts.some((part) => part > 255)) return null;
	return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** The eight groups of an IPv6 address; `null` when it is none. */
function parseIpv6(text: string): number[] | null {
	const address = text.replace(/%.*$/, '');
	if (!address.includes(':') || !URL.canParse(`http://[${address}]`)) return null;
	// The parser writes every spelling, dotted ends too, in the shortest form of hexadecimal groups.
	const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
	const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
	const [first, last] = [groups(head), groups(tail ?? '')];
	return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

function joined(groups: readonly number[], at: number): number {
	return (groups[at] ?? 0) * 65_536 + (groups[at + 1] ?? 0);
}

/** The IPv4 address that an IPv6 address stands for: mapped, compatible, translated (NAT64) or tunnelled (6to4). */
function embeddedIpv4(groups: readonly number[]): number | null {
	const leading = groups.slice(0, 5).every((group) => group === 0);
	if (leading && groups[5] === 0xffff) return joined(groups, 6);
	if (leading && groups[5] === 0 && joined(groups, 6) > 1) return joined(groups, 6);
	if (groups[0] === 0x64 && groups[1] === 0xff9b) return joined(groups, 6);
	return groups[0] === 0x2002 ? joined(groups, 1) : null;
}

function getIpv6Range(groups: readonly number[]): AddressRange {
	const embedded = embeddedIpv4(groups);
	if (embedded !== null) return getIpv4Range(embedded);
	const [first = 0] = groups;
	if (first === 0 && joined(groups, 6) === 1) return 'loopback';
	// The metadata service of AWS at its IPv6 address lies in the unique local range.
	if (first === 0xfd00 && groups[1] === 0xec2) return 'forbidden';
	if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfec0) return 'private';
	// Global unicast is 2000::/3; nothing else is reached by way of the internet.
	return (first & 0xe000) === 0x2000 && joined(groups, 0) !== 0x20010db8 ? 'public' : 'forbidden';
}

/** Where an IP address lies; `null` when the text is none. Spellings that a URL allows (decimal, octal) are for the URL parser to resolve first. */
export function getAddressRange(text: string): AddressRange | null {
	const host = normalizeHost(text);
	const ipv4 = parseIpv4(host);
	if (ipv4 !== null) return getIpv4Range(ipv4);
	const ipv6 = parseIpv6(host);
	return ipv6 === null ? null : getIpv6Range(ipv6);
}

/** Names that mean this machine. */
function isLoopbackName(host: string): boolean {
	return /(^|\.)localhost$/.test(normalizeHost(host));
}

/** Names under which clouds hand out credentials to whoever asks from inside. */
function isMetadataName(host: string): boolean {
	return /^(metadata|metadata\.google\.internal|metadata\.goog|instance-data(\..*)?)$/.test(normalizeHost(host));
}

/** Letters that a reader and a URL parser may take for different things: where the host ends must be plain to both. */
const MISLEADING = /[\s\\#?@\p{Cc}]/u;

/** An http or https address of a server and nothing else: no user name, query or fragment. `null` for everything else. */
export function parseHttpAddress(text: string): URL | null {
	if (text.length > 2000 || MISLEADING.test(text) || !/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text))
		return null;
	const url = new URL(text);
	return url.hostname === '' ? null : url;
}

/** The host as it is compared: lower case, without brackets and without the dot of a full name. */
export function normalizeHost(host: string): string {
	return host
		.toLowerCase()
		.replace(/^\[|\]$/g, '')
		.replace(/\.$/, '');
}
