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
	/** What a line that matches holds somewhere. */
	holds?: string;
	/** What the last character that is no white space can be. */
	ends?: string;
}

function line(
	kind: LineKind,
	starts: string | null,
	pattern: RegExp,
	certain: Pick<LinePattern, 'holds' | 'ends'> = {},
): LinePattern {
	return { kind, starts, pattern, ...certain };
}

/** By kind in this order: the first that matches tells. */
const PATTERNS: readonly LinePattern[] = [
	line('shell', '$❯➜P>', /^\s*(?:\$|❯|➜|PS [A-Z]:\\.{0,100}>|>>>) \S/),
	line('shell', null, /^[\w.-]+@[\w.-]+:.{0,100}[$#] /, { holds: '@' }),
	line('trace', 'a', /^\s+at .{1,300}(?:\(|:\d+)/),
	line('trace', UPPER, /^\s*(?:Uncaught )?[A-Z]\w{0,60}(?:Error|Exception|Warning)\b\s?:/, { holds: ':' }),
	line('trace', 'T', /^Traceback \(most recent call last\)/),
	line('trace', 'F', /^\s*File ".{1,300}", line \d+/),
	line('trace', `[${DIGITS}`, /^\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d/),
	line('trace', '[EWIDFT', /^\s*\[?(?:ERROR|WARN|WARNING|INFO|DEBUG|FATAL|TRACE)\b[\]:\s]/),
	line('trace', 'nepfCg', /^\s*(?:npm ERR!|error\[E\d+\]|error TS\d+|panic:|fatal:|Caused by:|goroutine \d+)/),
	line('trace', null, /^\S{1,200}[(:]\d+[,:]\d+\)?:? error\b/, { holds: ' error' }),
	line('trace', null, /^\S{1,200}[(:]\d+[,:]\d+\)?:? warning\b/, { holds: ' warning' }),
	line('trace', 'FP✓✗✕×', /^\s*(?:FAIL|PASS|✓|✗|✕|×) /),
	line('diff', 'di+-@', /^(?:diff --git|index [0-9a-f]{6,}|\+\+\+ |--- [ab/]|@@ )/),
	line('diff', '+-', /^[+-](?![-+\s]*$)(?:\s{2,}|\t|\w+\(|[}{])/),
	line('code', null, /^(?:\s{2,}|\t).{0,300}[;{}]\s*$/, { ends: ';{}' }),
	line('code', null, /^[\w.$[\]]{1,80}(?:\(.{0,200}\))?(?: = .{1,200})?;\s*$/, { ends: ';' }),
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
	line('notice', '[', /^\[Request interrupted by user/),
	line('notice', 'T', /^This session is being continued from a previous conversation/),
	line('notice', 'C', /^Caveat: The messages below were generated/),
	line('notice', 'CFR#', /^(?:Contents of|File:|# File:|Result of calling|Called the \w+ tool)\b.{0,300}$/),
	line('notice', '[', /^\[Image(?: #?\d+)?\]$/),
];

const ASCII = 128;

function patternsFor(start: string): readonly LinePattern[] {
	return PATTERNS.filter(({ starts }) => starts?.includes(start) ?? true);
}

/** The patterns that a line with this first character can match. */
const BY_ASCII_START = Array.from({ length: ASCII }, (_, code) => patternsFor(String.fromCharCode(code)));

function isData(text: string): boolean {
	return text.length > LONGEST_WORD && /^[\x21-\x7e]+$/.test(text.slice(0, LONGEST_WORD));
}

/** Tells a line of words from pasted material. */
export function readPastedLine(text: string): LineKind {
	if (isData(text)) return 'notice';
	const trimmed = text.trim();
	if (trimmed === '') return 'person';
	const patterns = BY_ASCII_START[trimmed.charCodeAt(0)] ?? patternsFor(trimmed.charAt(0));
	const last = trimmed.charAt(trimmed.length - 1);
	for (const { kind, pattern, holds, ends } of patterns) {
		if (ends !== undefined && !ends.includes(last)) continue;
		if ((holds === undefined || text.includes(holds)) && pattern.test(text)) return kind;
	}
	return 'person';
}
