// Measures how the source is cut: lines of code, size of files, names, and how many files a request runs through.
// `node scripts/house.ts` prints every figure beside its bar; `test/architecture/house.test.ts` holds the bars.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { measureJourneys } from './house-journeys.ts';

const root = join(import.meta.dirname, '..');

/** Lines of code at 48a7cef, counted by `countCodeLines` below; they were cut to 88 %. */
const CODE_LINES_BEFORE = 41_228;
/**
 * Lines that features have added since: input bounds and metering, usage by format, archive of the ledger, assumed prices
 * (1,600); rules of each model and fitting, conversations that move, bounded parsing, healing storage (6,400); imports,
 * subscription logins, classes of requests (4,000); what-if, the living race, the trained classifier (2,500); budget leases,
 * the request journal, bodies as bytes, workers (3,000); the dashboard (8,000), traces and metrics (1,500); learning per
 * workload, policies, honest baselines, explanations of decisions (7,000); evaluation of tasks, shadow and off-policy evaluation,
 * experiments (6,000).
 */
const CODE_LINES_ADDED = 40_000;

/** Files that are data: a table of facts without logic, exempt from the limits of length. */
const DATA_FILES: readonly RegExp[] = [
	/^src\/catalog\/(builtin|generated|prices)[^/]*\.ts$/,
	/^src\/model-rules\/(anthropic|gemini|openai)-rules\.ts$/,
	/^src\/classify\/lexicon\/(?!index)/,
];

/** True for a table of facts without logic. */
export function isDataFile(path: string): boolean {
	return DATA_FILES.some((pattern) => pattern.test(path));
}

/** One product source, tests aside. */
export interface HouseFile {
	/** From the project's root, with forward slashes. */
	path: string;
	text: string;
	/** All lines, blank and comment lines included. */
	lines: number;
	/** Lines that hold at least one token. */
	codeLines: number;
	/** Names declared and exported here; re-exports aside. */
	exports: string[];
	/** Source files that this one imports or re-exports. */
	imports: string[];
}

/** Lines that hold at least one token of code. */
function countCodeLines(source: ts.SourceFile): number {
	const lines = new Set<number>();
	const visit = (node: ts.Node): void => {
		const children = node.getChildren(source);
		if (children.length > 0) {
			for (const child of children) if (!ts.isJSDoc(child)) visit(child);
			return;
		}
		if (node.getWidth(source) === 0) return;
		const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
		const last = source.getLineAndCharacterOfPosition(node.end).line;
		for (let line = first; line <= last; line += 1) lines.add(line);
	};
	visit(source);
	return lines.size;
}

function readExports(source: ts.SourceFile): string[] {
	const names = new Set<string>();
	for (const statement of source.statements) {
		if (!ts.canHaveModifiers(statement)) continue;
		if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
		if (ts.isVariableStatement(statement)) {
			for (const { name } of statement.declarationList.declarations) names.add(name.getText(source));
		} else if ('name' in statement && statement.name !== undefined) {
			names.add((statement.name as ts.Identifier).text);
		}
	}
	return [...names];
}

function readImports(path: string, source: ts.SourceFile): string[] {
	const found = ts.preProcessFile(source.text, true, true).importedFiles.map(({ fileName }) => fileName);
	return [...new Set(found.filter((name) => name.startsWith('.')).map((name) => posix.join(dirname(path), name)))];
}

/** Every product source under `src` of a checkout, without tests. */
export function readHouse(checkout: string = root): HouseFile[] {
	return readdirSync(join(checkout, 'src'), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
		.filter((entry) => !/\.(test|test-d|corpus|fixture)\.ts$/.test(entry.name))
		.map((entry) => {
			const full = join(entry.parentPath, entry.name);
			const path = relative(checkout, full).split(sep).join('/');
			const text = readFileSync(full, 'utf8');
			const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
			return {
				path,
				text,
				lines: text.trimEnd().split('\n').length,
				codeLines: countCodeLines(source),
				exports: readExports(source),
				imports: readImports(path, source),
			};
		})
		.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A figure beside the bar it is held to. */
export interface Figure {
	name: string;
	value: number;
	/** What the value must not pass, and from which side. */
	bar: number;
	isFloor?: boolean;
	/** The places that make the figure. */
	places: string[];
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Letters and digits alone: `geminiFormat`, `GEMINI_FORMAT` and `gemini-format` are one name. */
function fold(name: string): string {
	return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/**
 * A file that exports one thing bears its name: `fallback-chain.ts` exports `FallbackChain`. In a folder of siblings the
 * folder's word may stand beside it: `gemini/format.ts` exports `geminiFormat`, `commands/route.ts` `routeCommand`.
 */
function isNamedFor(path: string, name: string): boolean {
	const [file = '', folder = ''] = path
		.replace(/\.tsx?$/, '')
		.split('/')
		.reverse();
	const one = folder.replace(/s$/, '');
	return [file, `${folder}-${file}`, `${file}-${one}`].some((candidate) => fold(candidate) === fold(name));
}

function isDoor(path: string): boolean {
	return /(^|\/)index\.ts$|^src\/[^/]+\.ts$/.test(path);
}

/** The figures of the source tree that need no program to run. */
export function measureHouse(files: readonly HouseFile[]): Figure[] {
	const importers = new Map<string, string[]>();
	for (const file of files)
		for (const imported of file.imports) importers.set(imported, [...(importers.get(imported) ?? []), file.path]);
	const inside = files.filter((file) => !isDoor(file.path));

	const declared = new Map<string, string[]>();
	for (const file of inside)
		for (const name of file.exports) declared.set(name, [...(declared.get(name) ?? []), file.path]);
	const twice = [...declared].filter(([, paths]) => paths.length > 1);

	const single = inside.filter((file) => file.exports.length === 1);
	const misnamed = single.filter(({ exports, path }) => !isNamedFor(path, exports[0] ?? ''));
	const small = inside.filter((file) => file.lines <= 35 && importers.get(file.path)?.length === 1);
	const long = files.filter((file) => file.lines > 500 && !isDataFile(file.path));
	const lines = median(files.map((file) => file.lines));
	const codeLines = files.reduce((sum, file) => sum + file.codeLines, 0);
	return [
		{
			name: 'lines of code',
			value: codeLines,
			bar: Math.floor(CODE_LINES_BEFORE * 0.88) + CODE_LINES_ADDED,
			places: [],
		},
		{ name: 'files', value: files.length, bar: 640, places: [] },
		{ name: 'median lines of a file, at least', value: lines, bar: 80, isFloor: true, places: [] },
		{ name: 'median lines of a file, at most', value: lines, bar: 160, places: [] },
		{
			name: 'files over 500 lines that are not data',
			value: long.length,
			bar: 0,
			places: long.map(({ path }) => path),
		},
		{
			name: 'files of 35 lines or less with one importer',
			value: small.length,
			bar: 25,
			places: small.map(({ path }) => path),
		},
		{
			name: 'percent of files with one export that bear its name',
			value: Math.floor((100 * (single.length - misnamed.length)) / Math.max(single.length, 1)),
			bar: 90,
			isFloor: true,
			places: misnamed.map(({ path, exports }) => `${path}: ${exports[0]}`),
		},
		{
			name: 'exported names declared in two files',
			value: twice.length,
			bar: 0,
			places: twice.map(([name, paths]) => `${name}: ${paths.join(', ')}`),
		},
		{
			name: 'entries at the top of src/gateway',
			value: new Set(files.map(({ path }) => /^src\/gateway\/([^/]+)/.exec(path)?.[1]).filter(Boolean)).size,
			bar: 12,
			places: [],
		},
	];
}

/** True when a figure is within its bar. */
export function isWithinBar({ value, bar, isFloor }: Figure): boolean {
	return isFloor === true ? value >= bar : value <= bar;
}

function printFigures(figures: readonly Figure[], withPlaces: boolean): boolean {
	for (const figure of figures) {
		const mark = isWithinBar(figure) ? 'ok  ' : 'MISS';
		console.log(`${mark} ${figure.name}: ${figure.value} (bar ${figure.isFloor ? '≥' : '≤'} ${figure.bar})`);
		if (withPlaces) for (const place of figure.places) console.log(`       ${place}`);
	}
	return figures.every(isWithinBar);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
	const args = process.argv.slice(2);
	const checkout = args.find((arg) => !arg.startsWith('--')) ?? root;
	const figures = measureHouse(readHouse(checkout));
	if (!args.includes('--static')) figures.push(...(await measureJourneys(checkout)));
	process.exitCode = printFigures(figures, args.includes('--places')) ? 0 : 1;
}
