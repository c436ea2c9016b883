import { readFileSync, statSync } from 'node:fs';
import { InvalidInputError } from '../../errors/index.ts';
import { describeValue, formatPath, isObject } from '../../util/index.ts';

/** Bytes beyond which a file is not read: it is no configuration. */
const MAX_FILE_BYTES = 1_000_000;

function readText(path: string): string {
	const refuse = (message: string, cause?: unknown) => new InvalidInputError(`${path} ${message}`, { cause });
	try {
		const stats = statSync(path);
		if (!stats.isFile()) throw refuse('is not a file. Name the configuration that is to be imported.');
		if (stats.size > MAX_FILE_BYTES)
			throw refuse(`has ${stats.size} bytes, more than the ${MAX_FILE_BYTES} that a configuration may have.`);
		return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
	} catch (error) {
		if (error instanceof InvalidInputError) throw error;
		const code = error instanceof Error && 'code' in error ? String(error.code) : '';
		if (code === 'ENOENT') throw refuse('does not exist. Name the configuration that is to be imported.', error);
		if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw refuse('is not UTF-8 text. Save it as UTF-8.', error);
		throw refuse(`cannot be read (${code}).`, error);
	}
}

/**
 * Reads a file of settings in YAML, of which JSON is a part (with comments and trailing commas as well).
 * @throws InvalidInputError for a file that cannot be read or is neither
 */
export async function readImportSource(path: string, format: 'YAML' | 'JSON'): Promise<SourceValue> {
	const text = readText(path);
	const { LineCounter, parseDocument } = await import('yaml');
	const lines = new LineCounter();
	// YAML has no comments that begin with slashes; in JSON they do not stand within a text
	const source = format === 'JSON' ? blankComments(text) : text;
	const document = parseDocument(source, { lineCounter: lines, logLevel: 'silent', prettyErrors: false });
	const [problem] = document.errors;
	if (problem !== undefined) {
		const { line, col } = lines.linePos(problem.pos[0]);
		// the parser's own message may quote the file, which may hold keys
		throw new InvalidInputError(`${path} is not ${format}: line ${line}, column ${col}: ${problem.code}.`);
	}
	const findLine: FindLine = (at) => {
		const node = at.length === 0 ? document.contents : document.getIn(at, true);
		const range = isObject(node) ? node['range'] : undefined;
		return Array.isArray(range) ? lines.linePos(Number(range[0])).line : null;
	};
	// aliases of YAML may make a small file a large value
	return new SourceValue(
		toPlain(path, () => document.toJS({ maxAliasCount: 100 })),
		[],
		findLine,
	);
}

function toPlain(path: string, convert: () => unknown): unknown {
	try {
		return convert();
	} catch (cause) {
		throw new InvalidInputError(`${path} refers to its own parts too often. Write them out.`, { cause });
	}
}

/** A text of JSON with its comments as blanks. */
function blankComments(text: string): string {
	return text.replace(/"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (token) =>
		token.startsWith('"') ? token : token.replace(/[^\n]/g, ' '),
	);
}

/** The line of the file on which a value stands, from 1. */
type FindLine = (path: readonly PropertyKey[]) => number | null;

/**
 * A value of the file that is imported. Values of another type than asked for are noted; members that nobody asked for are
 * what the import does not carry.
 */
export class SourceValue {
	readonly value: unknown;
	readonly #path: readonly (string | number)[];
	readonly #findLine: FindLine;
	readonly #members = new Map<string | number, SourceValue>();
	readonly #read = new Set<string>();
	#problem: string | null = null;

	constructor(value: unknown, path: readonly (string | number)[], findLine: FindLine) {
		this.value = value;
		this.#path = path;
		this.#findLine = findLine;
	}

	/** From 1; `null` where the file does not tell. */
	get line(): number | null {
		return this.#findLine(this.#path);
	}

	/** Where it stands, e.g. `model_list[0].litellm_params.rpm (line 12)`. */
	get place(): string {
		const { line } = this;
		const path = formatPath(this.#path) || 'the file';
		return line === null ? path : `${path} (line ${line})`;
	}

	/** A member that is there and not null; whoever asks has read it. */
	get(name: string): SourceValue | undefined {
		this.#read.add(name);
		if (!this.#isObject()) return undefined;
		return this.#member(name);
	}

	/** The same, where the value may be something else than an object. */
	getIfThere(name: string): SourceValue | undefined {
		return isObject(this.value) ? this.get(name) : undefined;
	}

	/** Members by name; none of anything but an object. */
	entries(): Array<[string, SourceValue]> {
		if (!this.#isObject()) return [];
		return Object.keys(this.value as object).flatMap((name) => {
			const member = this.get(name);
			return member === undefined ? [] : [[name, member] as [string, SourceValue]];
		});
	}

	list(): SourceValue[] {
		if (!Array.isArray(this.value)) {
			this.#expect('a list');
			return [];
		}
		return this.value.flatMap((_, index) => this.#member(index) ?? []);
	}

	text(): string | undefined {
		return typeof this.value === 'string' ? this.value : this.#expect('a text');
	}

	/** A number of 0 or more. */
	amount(): number | undefined {
		const { value } = this;
		const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
		return typeof amount === 'number' && Number.isFinite(amount) && amount >= 0
			? amount
			: this.#expect('a number of 0 or more');
	}

	flag(): boolean | undefined {
		return typeof this.value === 'boolean' ? this.value : this.#expect('true or false');
	}

	/** Members of objects that nobody asked for, however deep; `without`: what was said already, with all within. */
	listUnread(without: ReadonlySet<SourceValue>): SourceValue[] {
		if (without.has(this)) return [];
		const own = isObject(this.value) && this.#read.size > 0 ? Object.keys(this.value) : [];
		const unread = own.filter((name) => !this.#read.has(name)).flatMap((name) => this.#member(name) ?? []);
		const read = [...this.#members.values()].filter((member) => !unread.includes(member));
		return [...unread, ...read.flatMap((member) => member.listUnread(without))];
	}

	/** Everything that has another type than was asked for. */
	listProblems(): string[] {
		const own = this.#problem === null ? [] : [`${this.place} ${this.#problem}.`];
		return [...own, ...[...this.#members.values()].flatMap((member) => member.listProblems())];
	}

	#isObject(): boolean {
		if (!isObject(this.value)) this.#expect('an object');
		return isObject(this.value);
	}

	#expect(what: string): undefined {
		this.#problem = `must be ${what}, not ${describeValue(this.value)}`;
		return undefined;
	}

	#member(name: string | number): SourceValue | undefined {
		const known = this.#members.get(name);
		if (known !== undefined) return known;
		const holder = this.value as Record<string | number, unknown>;
		const value = Object.hasOwn(holder, name) ? holder[name] : undefined;
		if (value === undefined || value === null) return undefined;
		const member = new SourceValue(value, [...this.#path, name], this.#findLine);
		this.#members.set(name, member);
		return member;
	}
}
