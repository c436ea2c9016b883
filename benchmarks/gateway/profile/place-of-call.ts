import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ProfileNode } from './read-profile.ts';

type CallFrame = ProfileNode['callFrame'];

/** Where each source file begins in a bundle: esbuild leaves a comment above each. */
const bundles = new Map<string, { line: number; source: string }[]>();

function sourcesOf(url: string): { line: number; source: string }[] {
	let sources = bundles.get(url);
	if (sources === undefined) {
		const lines = readFileSync(fileURLToPath(url), 'utf8').split('\n');
		sources = lines.flatMap((text, line) => {
			const source = /^\s*\/\/ ((?:src|node_modules)\/\S+)$/.exec(text)?.[1];
			return source === undefined ? [] : [{ line, source }];
		});
		bundles.set(url, sources);
	}
	return sources;
}

/** The source file of a function, as far as it can be told. */
export function placeOf({ url, lineNumber }: CallFrame): string {
	if (!url.startsWith('file:')) return url;
	const { source } = sourcesOf(url).findLast(({ line }) => line <= lineNumber) ?? {};
	return source ?? url.replace(/^.*\/(?=(?:node_modules|dist|src|benchmarks)\/)/, '');
}

/** The module below src, the package, or the part of Node that a function belongs to. */
export function moduleOf(frame: CallFrame): string {
	const place = placeOf(frame);
	if (place === '') return frame.functionName.startsWith('(') ? frame.functionName : 'V8 and native code';
	if (place.startsWith('wasm:')) return 'WebAssembly (the HTTP parser of undici)';
	if (place.startsWith('node:')) return place.replace(/^node:(?:internal\/)?([^/]+).*$/, 'node:$1');
	const packageName = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(place)?.[1];
	if (packageName !== undefined) return packageName;
	return /(?:src|dist)\/([^/]+)/.exec(place)?.[1] ?? place;
}
