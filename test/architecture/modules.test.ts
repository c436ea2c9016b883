import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isDataFile, readHouse } from '../../scripts/house.ts';

const files = readHouse();
const logic = files.filter((file) => !isDataFile(file.path));

const EXPORT = /^export (?:declare |abstract |async )*(?:const|function\*?|class|interface|type|let) (\w+)/;

/** Exports without a comment above them; overloads share the first signature's. */
function undocumentedExports({ path, text }: { path: string; text: string }): string[] {
	const lines = text.split('\n');
	const missing: string[] = [];
	for (const [index, line] of lines.entries()) {
		const name = EXPORT.exec(line)?.[1];
		if (name === undefined) continue;
		const above = lines.slice(0, index).findLast((earlier) => !/^\s*\/\/ biome-ignore/.test(earlier)) ?? '';
		const isOverload = lines.slice(0, index).some((earlier) => earlier.startsWith(`export function ${name}(`));
		if (!/\*\/\s*$/.test(above) && !isOverload) missing.push(`${path}: ${name}`);
	}
	return missing;
}

describe('the structure bars: a newcomer finds and reads the right file at once', () => {
	it('stays at most three folders deep below src', () => {
		expect(files.filter((file) => file.path.split('/').length > 5).map((file) => file.path)).toEqual([]);
	});

	it('gives every folder an entry point: index.ts with one @module sentence', () => {
		const folders = new Set(
			files
				.map((file) => dirname(file.path))
				.filter(
					(folder) =>
						folder !== 'src' && folder !== 'src/cli' && !/\/(commands|schema|data|lexicon|shared|kinds)$/.test(folder),
				),
		);
		const missing = [...folders].filter((folder) => {
			const entryPoint = files.find((file) => file.path === `${folder}/index.ts`);
			return entryPoint === undefined || !entryPoint.text.includes('@module');
		});
		expect(missing).toEqual([]);
	});

	it('averages at most four exports a file', () => {
		// Contracts, errors and util are the words that every module shares: a file of them exports many.
		const inside = logic.filter(
			(file) => !/(^|\/)index\.ts$|^src\/[^/]+\.ts$|^src\/(contracts|errors|util)\//.test(file.path),
		);
		const exported = inside.reduce((sum, file) => sum + (file.text.match(/^export /gm)?.length ?? 0), 0);
		expect(exported / inside.length).toBeLessThanOrEqual(4);
	});

	it('uses no forbidden file name', () => {
		const forbidden = /(^|\/)(utils|helpers|types|common|manager|service)\.ts$/;
		expect(files.filter((file) => forbidden.test(file.path)).map((file) => file.path)).toEqual([]);
	});

	it('has a sentence of documentation on every export', () => {
		const told = files.filter((file) => !/(^|\/)index\.ts$/.test(file.path) && !file.path.startsWith('src/cli/'));
		expect(told.flatMap(undocumentedExports)).toEqual([]);
	});

	it('reads the environment in one place only', () => {
		const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
		const readers = logic.filter((file) => /process\.env\b/.test(withoutComments(file.text)));
		expect(readers.map((file) => file.path)).toEqual(['src/config/environment.ts']);
	});

	it.each(['package-lock.json', 'benchmarks/gateway/package-lock.json'])(
		'names no package registry in %s',
		async (path) => {
			const { readFileSync } = await import('node:fs');
			expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).not.toMatch(/"resolved":/);
		},
	);
});
