/**
 * What a text cannot show plainly: control characters (C0, DEL, C1) and lone surrogates; marks that change the direction of
 * the text around them (Unicode's bidirectional controls, "Trojan Source", CVE-2021-42574), and separators of lines and
 * paragraphs.
 */
const HIDDEN = '\\p{Cc}\\p{Cs}\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069';
const HIDDEN_CHARACTER = new RegExp(`[${HIDDEN}]`, 'u');
const HIDDEN_CHARACTERS = new RegExp(`[${HIDDEN}]`, 'gu');
/** Line ends and tabs lay out a text of several lines. */
const HIDDEN_IN_LINES = new RegExp(`\\r\\n|[\\n\\t]|([${HIDDEN}])`, 'gu');

function formatEscape(character: string): string {
	return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The first control or direction character of a text, as `U+202E`; `null` for a text that shows all it holds. */
export function findHiddenCharacter(text: string): string | null {
	const [character] = HIDDEN_CHARACTER.exec(text) ?? [];
	return character === undefined ? null : `U+${formatEscape(character).slice(2).toUpperCase()}`;
}

/** A text as one line in which every control and direction character is visible: `\u202e`. */
export function escapeText(text: string): string {
	return text.replace(HIDDEN_CHARACTERS, formatEscape);
}

/** The same for a text of several lines, whose line ends and tabs stay. JSON stays the same JSON. */
export function escapeLines(text: string): string {
	return text.replace(HIDDEN_IN_LINES, (found, hidden: string | undefined) =>
		hidden === undefined ? found : formatEscape(hidden),
	);
}

/** A text as CSV (RFC 4180): on one line, without anything that a spreadsheet would run as a formula. */
export function toCsvText(text: string): string {
	const visible = escapeText(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
	return /[",]/.test(visible) ? `"${visible.replaceAll('"', '""')}"` : visible;
}
