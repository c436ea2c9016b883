import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** A source file of the product, tests aside. */
export interface SourceFile {
	/** Path from the project's root, with forward slashes. */
	path: string;
	text: string;
	lines: number;
}

/** Files that are data: a table of facts, no logic. The line limit is not for them. */
export const DATA_FILES: readonly RegExp[] = [
	/^src\/catalog\/(builtin|generated|prices)[^/]*\.ts$/,
	/^src\/catalog\/data\//,
	/^src\/classify\/(.*lexicon.*|corpus.*)\.ts$/,
	/^src\/classify\/lexicon\//,
];

/** Every product source under src, without tests. */
export function readSourceFiles(): SourceFile[] {
	return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.(test|test-d)\.ts$/.test(entry.name))
		.map((entry) => {
			const full = join(entry.parentPath, entry.name);
			const text = readFileSync(full, 'utf8');
			return { path: relative(root, full).split(sep).join('/'), text, lines: text.trimEnd().split('\n').length };
		})
		.filter((file) => !/\.corpus\.ts$|\.fixture\.ts$/.test(file.path));
}
