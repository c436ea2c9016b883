import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DATA_FILES, readSourceFiles, type SourceFile } from './source-files.ts';

const files = readSourceFiles();
const logic = files.filter((file) => !DATA_FILES.some((pattern) => pattern.test(file.path)));

function median(values: number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const EXPORT = /^export (?:declare |abstract |async )*(?:const|function\*?|class|interface|type|let) (\w+)/;

/** Exports without a comment above them; overloads share the first signature's. */
function undocumentedExports({ path, text }: SourceFile): string[] {
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
	it('keeps the median source file at 80 lines or less', () => {
		expect(median(files.map((file) => file.lines))).toBeLessThanOrEqual(80);
	});

	it('keeps files over 250 lines to 5 % or less', () => {
		const long = logic.filter((file) => file.lines > 250);
		expect(long.length / logic.length, long.map((file) => file.path).join(', ')).toBeLessThanOrEqual(0.05);
	});

	it('has no file over 400 lines but data', () => {
		expect(logic.filter((file) => file.lines > 400).map((file) => `${file.path}: ${file.lines}`)).toEqual([]);
	});

	it('stays at most three folders deep below src', () => {
		expect(files.filter((file) => file.path.split('/').length > 5).map((file) => file.path)).toEqual([]);
	});

	it('gives every folder a door: index.ts with one @module sentence', () => {
		const folders = new Set(
			files
				.map((file) => dirname(file.path))
				.filter(
					(folder) =>
						folder !== 'src' &&
						folder !== 'src/cli' &&
						!/\/(commands|migrations|schema|data|lexicon|shared|scorers|policies)$/.test(folder),
				),
		);
		const missing = [...folders].filter((folder) => {
			const door = files.find((file) => file.path === `${folder}/index.ts`);
			return door === undefined || !door.text.includes('@module');
		});
		expect(missing).toEqual([]);
	});

	it('averages at most four exports a file', () => {
		const inside = logic.filter((file) => !/(^|\/)index\.ts$|^src\/[^/]+\.ts$|^src\/contracts\//.test(file.path));
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
