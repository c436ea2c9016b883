import { InvalidConfigError } from '../errors/index.ts';
import { normalizeHost } from '../util/index.ts';
import { getAddressRange, isListedHost, isLoopbackName } from './address-range.ts';

/** The proxies by which the internet is reached; without one, addresses are called directly. */
export interface ProxySettings {
	/** For `https:` addresses: `http://proxy.example:3128`, with user name and password where it asks for them. */
	https?: string | undefined;
	/** For `http:` addresses. */
	http?: string | undefined;
	/** Hosts that are called directly, separated by commas: a name with all names below it, also with a port; `*` for all. */
	none?: string | undefined;
}

/** Which proxy stands in which variables, in the order in which they are looked at. */
const VARIABLES = {
	https: ['https_proxy', 'HTTPS_PROXY'],
	http: ['http_proxy', 'HTTP_PROXY'],
	none: ['no_proxy', 'NO_PROXY'],
} as const;

/**
 * The proxies that the environment names, by the variables that curl and most programs read.
 * @throws InvalidConfigError for an address that is none, without showing it: it may hold a password
 */
export function readProxySettings(environment: Readonly<Record<string, string | undefined>>): ProxySettings {
	const settings: ProxySettings = {};
	for (const kind of ['https', 'http', 'none'] as const) {
		const name = VARIABLES[kind].find((variable) => (environment[variable] ?? '').trim() !== '');
		const value = name === undefined ? undefined : environment[name]?.trim();
		if (name === undefined || value === undefined) continue;
		settings[kind] = kind === 'none' ? value : requireProxyAddress(name, value);
	}
	return settings;
}

function requireProxyAddress(path: string, value: string): string {
	const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
	if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return address;
	const message =
		'is not the address of an http or https proxy, such as http://proxy.example:3128 (SOCKS is not supported)';
	throw new InvalidConfigError([{ path, message }]);
}

/** Where a connection leads. */
interface ConnectionTarget {
	/** `http:` or `https:`. */
	protocol: string;
	/** A name or an address, without a port. */
	hostname: string;
	/** Empty for the protocol's own. */
	port: string;
}

/**
 * The proxy by which a host is called; `null`: it is called directly. This machine, private addresses and listed private
 * hosts are never called through a proxy.
 */
export function findProxy(
	{ hostname, port, protocol }: ConnectionTarget,
	{
		allowedPrivateHosts = [],
		proxy = {},
	}: { allowedPrivateHosts?: readonly string[] | undefined; proxy?: ProxySettings | undefined },
): URL | null {
	const address = protocol === 'https:' ? proxy.https : proxy.http;
	if (address === undefined) return null;
	const range = getAddressRange(hostname);
	if (range === 'loopback' || range === 'private' || isLoopbackName(hostname)) return null;
	if (isListedHost(hostname, allowedPrivateHosts)) return null;
	const portNumber = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
	return isExcepted(normalizeHost(hostname), portNumber, proxy.none ?? '') ? null : new URL(address);
}

function isExcepted(host: string, port: string, exceptions: string): boolean {
	return exceptions.split(/[\s,]+/).some((entry) => {
		if (entry === '*') return true;
		// an address of IPv6 without brackets: what follows its last colon is no port
		const isAddress = getAddressRange(entry) !== null;
		const parts = /^(\[[^\]]*\]|(?:(?!:\d+$).)*)(:(\d+))?$/.exec(entry);
		const [, name = '', , exceptedPort] = isAddress ? [entry, entry] : (parts ?? []);
		const excepted = normalizeSpelling(name.replace(/^\*?\./, ''));
		if (excepted === '' || (exceptedPort !== undefined && exceptedPort !== port)) return false;
		return host === excepted || host.endsWith(`.${excepted}`);
	});
}

/** A host as addresses of providers have it: an IPv6 address in its shortest form. */
function normalizeSpelling(name: string): string {
	const host = normalizeHost(name);
	const address = `http://[${host}]`;
	return host.includes(':') && URL.canParse(address) ? normalizeHost(new URL(address).hostname) : host;
}
