const SENTENCES = [
	'Implement the REST endpoint for user profiles and validate its input.',
	'The login page throws a TypeError when the session cookie has expired.',
	'Please refactor the payment module so that retries are in one place.',
	'Explain how the cache is invalidated when a model profile changes.',
	'Write unit tests for the date parser with leap years and time zones.',
];

/** A task of about this many bytes; `index` makes each one different. */
export function promptOf(bytes: number, index: number): string {
	let text = `Task ${index}: `;
	for (let line = index; text.length < bytes; line += 1) text += `${SENTENCES[line % SENTENCES.length]} `;
	return text.slice(0, bytes);
}
