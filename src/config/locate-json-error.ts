/** Where a text stops being JSON, and what is there. */
interface JsonProblem {
	/** From 1. */
	line: number;
	/** From 1. */
	column: number;
	message: string;
}

// biome-ignore format: one alternative per kind of token reads best in one line
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON texts may hold anything but these
const TOKEN = /[ \t\r\n]+|[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

type Expectation = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma' | 'end';

const EXPECTATION_TEXTS: Readonly<Record<Expectation, string>> = {
	value: 'a value',
	'value or ]': 'a value or "]"',
	key: 'a name in double quotes',
	'key or }': 'a name in double quotes or "}"',
	colon: '":"',
	comma: '"," or the closing bracket',
	end: 'nothing more',
};

/** Follows the grammar token by token; the stack holds the open brackets. */
class Grammar {
	#expected: Expectation = 'value';
	readonly #open: Array<'{' | '['> = [];

	get expected(): Expectation {
		return this.#expected;
	}

	/** False when the token may not stand here. */
	take(token: string): boolean {
		switch (this.#expected) {
			case 'colon':
				return token === ':' && this.#go('value');
			case 'comma':
				return token === ',' ? this.#go(this.#open.at(-1) === '{' ? 'key' : 'value') : this.#close(token);
			case 'key':
			case 'key or }':
				if (token.startsWith('"')) return this.#go('colon');
				return this.#expected === 'key or }' && this.#close(token);
			case 'value':
			case 'value or ]':
				return this.#takeValue(token);
			default:
				return false;
		}
	}

	#takeValue(token: string): boolean {
		if (token === '{' || token === '[') {
			this.#open.push(token);
			return this.#go(token === '{' ? 'key or }' : 'value or ]');
		}
		if (!'}],:'.includes(token)) return this.#go(this.#open.length === 0 ? 'end' : 'comma');
		return this.#expected === 'value or ]' && this.#close(token);
	}

	#close(token: string): boolean {
		if (token !== (this.#open.at(-1) === '{' ? '}' : ']')) return false;
		this.#open.pop();
		return this.#go(this.#open.length === 0 ? 'end' : 'comma');
	}

	#go(next: Expectation): true {
		this.#expected = next;
		return true;
	}
}

function describeHint(text: string, position: number, expected: Expectation): string {
	const next = text.slice(position, position + 2);
	if (next === '//' || next === '/*' || next.startsWith('#')) return ' JSON has no comments.';
	if (next.startsWith("'")) return ' JSON takes double quotes only.';
	if (expected === 'key' || expected === 'value') {
		const before = text.slice(0, position).trimEnd();
		if (before.endsWith(',') && /^[}\]]/.test(next)) return ' Remove the comma before it.';
	}
	return '';
}

/** The first place at which a text is not JSON; `null` when it is. Shows one character of the text at most. */
export function locateJsonError(text: string): JsonProblem | null {
	const grammar = new Grammar();
	let position = 0;
	for (;;) {
		TOKEN.lastIndex = position;
		const token = TOKEN.exec(text)?.[0];
		if (token === undefined || (!/^\s/.test(token) && !grammar.take(token))) break;
		position += token.length;
	}
	if (position === text.length && grammar.expected === 'end') return null;
	const lines = text.slice(0, position).split('\n');
	const codePoint = text.codePointAt(position);
	const found = codePoint === undefined ? 'the end of the file' : JSON.stringify(String.fromCodePoint(codePoint));
	return {
		line: lines.length,
		column: (lines.at(-1) ?? '').length + 1,
		message: `expected ${EXPECTATION_TEXTS[grammar.expected]}, found ${found}.${describeHint(text, position, grammar.expected)}`,
	};
}
