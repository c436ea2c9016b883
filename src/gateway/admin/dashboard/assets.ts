import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { RequestRefusedError } from '../../../errors/index.ts';

/** Where the files may lie: beside a chunk of the package, above one, or below the root of a checkout. */
const FOLDERS = ['./dashboard/', '../dashboard/', '../../../../dist/dashboard/'];

const TYPES: Readonly<Record<string, string>> = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.svg': 'image/svg+xml',
};

/**
 * What the pages may do: run and look as the package's own files say, and talk to this gateway. No inline script or style,
 * no frame around them, nothing from or to another host.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
	'content-security-policy': [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self'",
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	].join('; '),
	'cross-origin-opener-policy': 'same-origin',
	'cross-origin-resource-policy': 'same-origin',
	'referrer-policy': 'no-referrer',
	'x-content-type-options': 'nosniff',
	'x-frame-options': 'DENY',
};

interface Asset {
	type: string;
	body: Buffer;
	gzipped: Buffer;
	etag: string;
	cacheControl: string;
}

/** Every file of the dashboard by its path below `/dashboard/`; `null` where they were not built. */
export function loadAssets(folders: readonly string[] = FOLDERS): ReadonlyMap<string, Asset> | null {
	for (const folder of folders) {
		const url = new URL(folder, import.meta.url);
		try {
			const names = readdirSync(url, { recursive: true, encoding: 'utf8' }).filter((name) => extname(name) in TYPES);
			if (names.includes('index.html')) return new Map(names.map((name) => [toPath(name), readAsset(url, name)]));
		} catch (error) {
			// looked for in the next place
			if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
		}
	}
	return null;
}

function toPath(name: string): string {
	return name.replaceAll('\\', '/');
}

function readAsset(folder: URL, name: string): Asset {
	const body = readFileSync(new URL(toPath(name), folder));
	// The names of all files but the page change with their content.
	const cacheControl = name === 'index.html' ? 'no-cache' : 'public, max-age=31536000, immutable';
	const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
	return { type: TYPES[extname(name)] ?? '', body, gzipped: gzipSync(body, { level: 9 }), etag, cacheControl };
}

/** A view, and what is open in it: models have dots in their names, and no address climbs to another folder. */
const VIEW = /^(?!assets\/)(?:[a-z-]+(?:\/(?!(?:\.|%2e){1,2}$)[^/]+)?)?$/i;

/** Sends the file at a path below `/dashboard`; any other may be a view, which the page itself shows. @throws RequestRefusedError (`ROUTER_NOT_FOUND`) */
export function sendAsset(
	request: IncomingMessage,
	response: ServerResponse,
	{ assets, path }: { assets: ReadonlyMap<string, Asset>; path: string },
): void {
	const name = path.replace(/^\/dashboard\/?/, '');
	const asset = assets.get(name) ?? (VIEW.test(name) ? assets.get('index.html') : undefined);
	if (asset === undefined)
		throw new RequestRefusedError(
			'ROUTER_NOT_FOUND',
			`The dashboard has no file ${name.slice(0, 100)}. Open /dashboard.`,
		);
	const headers = { ...PAGE_HEADERS, etag: asset.etag, 'cache-control': asset.cacheControl, vary: 'accept-encoding' };
	if (request.headers['if-none-match'] === asset.etag) {
		response.writeHead(304, headers).end();
		return;
	}
	const isPacked = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
	const body = isPacked ? asset.gzipped : asset.body;
	response.writeHead(200, {
		...headers,
		'content-type': asset.type,
		'content-length': body.length,
		...(isPacked ? { 'content-encoding': 'gzip' } : {}),
	});
	response.end(request.method === 'HEAD' ? undefined : body);
}
