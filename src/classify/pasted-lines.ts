/** Who wrote a line: a person, or one of the things people and agents paste. */
export type LineKind = 'person' | 'trace' | 'diff' | 'code' | 'shell' | 'notice';

/** Lines longer than this without a space are data, not words. */
const LONGEST_WORD = 200;

const NOTICES = [
	/^\[Request interrupted by user/,
	/^This session is being continued from a previous conversation/,
	/^Caveat: The messages below were generated/,
	/^(?:Contents of|File:|# File:|Result of calling|Called the \w+ tool)\b.{0,300}$/,
	/^\[Image(?: #?\d+)?\]$/,
];
const TRACES = [
	/^\s+at .{1,300}(?:\(|:\d+)/,
	/^\s*(?:Uncaught )?[A-Z]\w{0,60}(?:Error|Exception|Warning)\b\s?:/,
	/^Traceback \(most recent call last\)/,
	/^\s*File ".{1,300}", line \d+/,
	/^\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d/,
	/^\s*\[?(?:ERROR|WARN|WARNING|INFO|DEBUG|FATAL|TRACE)\b[\]:\s]/,
	/^\s*(?:npm ERR!|error\[E\d+\]|error TS\d+|panic:|fatal:|Caused by:|goroutine \d+)/,
	/^\S{1,200}[(:]\d+[,:]\d+\)?:? (?:error|warning)\b/,
	/^\s*(?:FAIL|PASS|✓|✗|✕|×) /,
];
const DIFFS = [/^(?:diff --git|index [0-9a-f]{6,}|\+\+\+ |--- [ab/]|@@ )/, /^[+-](?![-+\s]*$)(?:\s{2,}|\t|\w+\(|[}{])/];
const CODE = [
	/^\s*(?:import|from) \S{1,200} (?:import|from)\b|^\s*import [\w{*"'].{0,200}[;"']$/,
	/^\s*(?:export |public |private |protected |static |async )*(?:class|interface|struct|enum|function|fn|func|def|namespace) \w+\s?[({<:]/,
	/^\s*(?:const|let|var|val) [\w{[][^=]{0,80}=/,
	/^\s*(?:if|for|while|switch|catch|else if) ?\(.{0,200}\)\s*\{?$/,
	/^\s*(?:return\b.{0,200};|[)}\]]+[;,)]*|#include\b.{0,100}|@\w+\(.{0,100}\))\s*$/,
	/^(?:\s{2,}|\t).{0,300}[;{}]\s*$/,
	/^[\w.$[\]]{1,80}(?:\(.{0,200}\))?(?: = .{1,200})?;\s*$/,
	/^\s*\d{1,6}(?:→|\t| \| ?|: {2})/,
	/^\s*<\/?[A-Za-z][\w.-]*(?:\s[^<>]{0,200})?\/?>.{0,200}$/,
	/^\s*"[\w-]{1,60}"\s?: .{0,300}[,{["\d]$/,
];
const SHELL = /^\s*(?:\$|❯|➜|PS [A-Z]:\\.{0,100}>|>>>) \S|^[\w.-]+@[\w.-]+:.{0,100}[$#] /;

function anyOf(patterns: readonly RegExp[], line: string): boolean {
	return patterns.some((pattern) => pattern.test(line));
}

/** Tells a line of words from pasted material. */
export function readPastedLine(line: string): LineKind {
	if (
		line.length > LONGEST_WORD &&
		!/\s/.test(line.slice(0, LONGEST_WORD)) &&
		/^[\x21-\x7e]+$/.test(line.slice(0, LONGEST_WORD))
	)
		return 'notice';
	if (SHELL.test(line)) return 'shell';
	if (anyOf(TRACES, line)) return 'trace';
	if (anyOf(DIFFS, line)) return 'diff';
	if (anyOf(CODE, line)) return 'code';
	return anyOf(NOTICES, line) ? 'notice' : 'person';
}
