/** Who wrote a line: a person, or one of the things people and agents paste. */
export type LineKind = 'person' | 'trace' | 'diff' | 'code' | 'shell' | 'notice';

/** Lines longer than this without a space are data, not words. */
const LONGEST_WORD = 200;

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';

/** One way to tell a line. */
interface LinePattern {
	kind: LineKind;
	pattern: RegExp;
	/** What the line's first character that is no white space can be; `null`: any. */
	starts: string | null;
	/** Whether a line that matches begins with white space; left out: either way. */
	isIndented?: boolean;
	/** What a line that matches holds somewhere. */
	holds?: string;
	/** What the last character that is no white space can be. */
	ends?: string;
}

function line(
	kind: LineKind,
	starts: string | null,
	pattern: RegExp,
	certain: Pick<LinePattern, 'isIndented' | 'holds' | 'ends'> = {},
): LinePattern {
	return { kind, starts, pattern, ...certain };
}

/** By kind in this order: the first that matches tells. */
const PATTERNS: readonly LinePattern[] = [
	line('shell', '$❯➜P>', /^\s*(?:\$|❯|➜|PS [A-Z]:\\.{0,100}>|>>>) \S/),
	line('shell', null, /^[\w.-]+@[\w.-]+:.{0,100}[$#] /, { isIndented: false, holds: '@' }),
	line('trace', 'a', /^\s+at .{1,300}(?:\(|:\d+)/, { isIndented: true }),
	line('trace', UPPER, /^\s*(?:Uncaught )?[A-Z]\w{0,60}(?:Error|Exception|Warning)\b\s?:/, { holds: ':' }),
	line('trace', 'T', /^Traceback \(most recent call last\)/, { isIndented: false }),
	line('trace', 'F', /^\s*File ".{1,300}", line \d+/),
	line('trace', `[${DIGITS}`, /^\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d/),
	line('trace', '[EWIDFT', /^\s*\[?(?:ERROR|WARN|WARNING|INFO|DEBUG|FATAL|TRACE)\b[\]:\s]/),
	line('trace', 'nepfCg', /^\s*(?:npm ERR!|error\[E\d+\]|error TS\d+|panic:|fatal:|Caused by:|goroutine \d+)/),
	line('trace', null, /^\S{1,200}[(:]\d+[,:]\d+\)?:? error\b/, { isIndented: false, holds: ' error' }),
	line('trace', null, /^\S{1,200}[(:]\d+[,:]\d+\)?:? warning\b/, { isIndented: false, holds: ' warning' }),
	line('trace', 'FP✓✗✕×', /^\s*(?:FAIL|PASS|✓|✗|✕|×) /),
	line('diff', 'di+-@', /^(?:diff --git|index [0-9a-f]{6,}|\+\+\+ |--- [ab/]|@@ )/, { isIndented: false }),
	line('diff', '+-', /^[+-](?![-+\s]*$)(?:\s{2,}|\t|\w+\(|[}{])/, { isIndented: false }),
	line('code', null, /^(?:\s{2,}|\t).{0,300}[;{}]\s*$/, { isIndented: true, ends: ';{}' }),
	line('code', null, /^[\w.$[\]]{1,80}(?:\(.{0,200}\))?(?: = .{1,200})?;\s*$/, { isIndented: false, ends: ';' }),
	line('code', 'if', /^\s*(?:import|from) \S{1,200} (?:import|from)\b|^\s*import [\w{*"'].{0,200}[;"']$/),
	line(
		'code',
		'epsacifdn',
		/^\s*(?:export |public |private |protected |static |async )*(?:class|interface|struct|enum|function|fn|func|def|namespace) \w+\s?[({<:]/,
		{ holds: ' ' },
	),
	line('code', 'clv', /^\s*(?:const|let|var|val) [\w{[][^=]{0,80}=/, { holds: '=' }),
	line('code', 'ifwsce', /^\s*(?:if|for|while|switch|catch|else if) ?\(.{0,200}\)\s*\{?$/, { holds: '(', ends: '){' }),
	line('code', 'r)}]#@', /^\s*(?:return\b.{0,200};|[)}\]]+[;,)]*|#include\b.{0,100}|@\w+\(.{0,100}\))\s*$/),
	line('code', DIGITS, /^\s*\d{1,6}(?:→|\t| \| ?|: {2})/),
	line('code', '<', /^\s*<\/?[A-Za-z][\w.-]*(?:\s[^<>]{0,200})?\/?>.{0,200}$/),
	line('code', '"', /^\s*"[\w-]{1,60}"\s?: .{0,300}[,{["\d]$/, { holds: ':' }),
	line('notice', '[', /^\[Request interrupted by user/, { isIndented: false }),
	line('notice', 'T', /^This session is being continued from a previous conversation/, { isIndented: false }),
	line('notice', 'C', /^Caveat: The messages below were generated/, { isIndented: false }),
	line('notice', 'CFR#', /^(?:Contents of|File:|# File:|Result of calling|Called the \w+ tool)\b.{0,300}$/, {
		isIndented: false,
	}),
	line('notice', '[', /^\[Image(?: #?\d+)?\]$/, { isIndented: false }),
];

const ASCII = 128;
const BEYOND_ASCII = /[^\0-\x7f]/;

/** Patterns by the code of the first character that is no white space; the last list is for all beyond ASCII. */
function tabulate(isIndented: boolean): ReadonlyArray<readonly LinePattern[]> {
	const patterns = PATTERNS.filter((one) => one.isIndented === undefined || one.isIndented === isIndented);
	const matching = (canStart: (starts: string) => boolean): LinePattern[] =>
		patterns.filter(({ starts }) => starts === null || canStart(starts));
	const lists = Array.from({ length: ASCII }, (_, code) =>
		matching((starts) => starts.includes(String.fromCharCode(code))),
	);
	return [...lists, matching((starts) => BEYOND_ASCII.test(starts))];
}

const BY_START = { flush: tabulate(false), indented: tabulate(true) };

function isData(text: string): boolean {
	return text.length > LONGEST_WORD && /^[\x21-\x7e]+$/.test(text.slice(0, LONGEST_WORD));
}

/** Tells a line of words from pasted material. */
export function readPastedLine(text: string): LineKind {
	if (isData(text)) return 'notice';
	const trimmed = text.trim();
	if (trimmed === '') return 'person';
	const isIndented = text.charCodeAt(0) !== trimmed.charCodeAt(0);
	const table = isIndented ? BY_START.indented : BY_START.flush;
	const patterns = table[Math.min(trimmed.charCodeAt(0), ASCII)] ?? PATTERNS;
	const last = trimmed.charAt(trimmed.length - 1);
	for (const { kind, pattern, holds, ends } of patterns) {
		if (ends !== undefined && !ends.includes(last)) continue;
		if ((holds === undefined || text.includes(holds)) && pattern.test(text)) return kind;
	}
	return 'person';
}
