/** Characters read at each end of a long text; what lies between is only counted. @default 2500 */
export const WINDOW_CHARACTERS = 2500;

/** The beginning and the end of a text; the whole text when it is short. */
export function windowOf(text: string, characters: number = WINDOW_CHARACTERS): string {
	if (text.length <= 2 * characters) return text;
	return `${text.slice(0, characters)}\n${text.slice(-characters)}`;
}

/** Well-formed text without NUL bytes, safe to store and to print. */
export function cleanText(text: string): string {
	return text.replaceAll('\0', ' ').toWellFormed();
}
