import { isDeepStrictEqual } from 'node:util';
import { applyEdits, type FormattingOptions, type JSONPath, modify } from 'jsonc-parser';
import { isObject } from '../util/index.ts';
import { parseJsonText } from './config-file.ts';

/** One value to write; `undefined` removes it, and an insertion adds it to a list. */
interface Change {
	path: JSONPath;
	value: unknown;
	isInsertion?: boolean;
}

/** The smallest members that differ. A list is replaced whole unless something was only added at its end. */
function findChanges(before: unknown, after: unknown, path: JSONPath): Change[] {
	if (isDeepStrictEqual(before, after)) return [];
	if (isObject(before) && isObject(after)) {
		const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
		return names.flatMap((name) => findChanges(before[name], after[name], [...path, name]));
	}
	if (Array.isArray(before) && Array.isArray(after)) {
		const added = after.slice(before.length);
		if (isDeepStrictEqual(before, after.slice(0, before.length)))
			return added.map((value, index) => ({ path: [...path, before.length + index], value, isInsertion: true }));
	}
	return [{ path, value: after }];
}

/** The indentation and line ends of the text; two blanks when it has none. */
function detectFormat(text: string): FormattingOptions {
	const indentation = /^([ \t]+)["{[]/m.exec(text)?.[1] ?? '  ';
	return {
		insertSpaces: !indentation.startsWith('\t'),
		tabSize: indentation.startsWith('\t') ? 1 : indentation.length,
		eol: text.includes('\r\n') ? '\r\n' : '\n',
	};
}

/**
 * A JSON text that says `after`: what does not change keeps its comments, order and format. An empty text is taken for `{}`.
 * `after` holds plain JSON values only.
 */
export function editJsonText(text: string, after: object): string {
	const current = text.trim() === '' ? '{}' : text;
	const parsed = parseJsonText(current);
	const before = 'value' in parsed ? parsed.value : {};
	const formattingOptions = detectFormat(current);
	const edited = findChanges(before, after, []).reduce((edited, { path, value, isInsertion = false }) => {
		return applyEdits(edited, modify(edited, path, value, { formattingOptions, isArrayInsertion: isInsertion }));
	}, current);
	const result = parseJsonText(edited);
	// A name that is there twice is changed in the wrong place: what the file says is worth more than how it looks.
	const isRight = 'value' in result && isDeepStrictEqual(result.value, after);
	const whole = isRight ? edited : JSON.stringify(after, null, 2);
	return whole.endsWith('\n') ? whole : `${whole}\n`;
}
