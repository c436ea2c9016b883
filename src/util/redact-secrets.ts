const MASK = '[masked]';

/** Shapes of credentials, each with the part that may stay readable as its first group. */
const SECRET_SHAPES: ReadonlyArray<RegExp> = [
	/\b()(?:sk|rk|pk)-[A-Za-z0-9_-]{8,}/g,
	/\b()AIza[A-Za-z0-9_-]{16,}/g,
	/\b()ya29\.[A-Za-z0-9._-]{16,}/g,
	/\b()(?:gsk|xai|nvapi|csk|fw|tgp)[_-][A-Za-z0-9_-]{16,}/g,
	/\b()(?:gh[pousr]|github_pat|glpat|hf|xox[abeprs])[_-][A-Za-z0-9_-]{16,}/g,
	/\b()A(?:KIA|SIA)[A-Z0-9]{16}\b/g,
	/\b()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g,
	/\b(Bearer\s{1,8}|Basic\s{1,8})[A-Za-z0-9._~+/=-]{8,}/gi,
	/([?&](?:key|api[_-]?key|access[_-]?token|token)=)[^&\s"']+/gi,
	/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@:"']{1,200}:[^\s/@"']{1,200}@/gi,
	/()-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g,
];

/** The text with everything that looks like a key, token or password replaced by `[masked]`. */
export function redactSecrets(text: string): string {
	let masked = text;
	for (const shape of SECRET_SHAPES) {
		masked = masked.replace(shape, (_whole, readable: string) => `${readable}${MASK}`);
	}
	return masked;
}

/** Longest message that is stored, logged or passed on, in characters. */
const MAX_MESSAGE_LENGTH = 300;

/** The first line of a failure's message, short and without secrets: providers repeat keys, and what follows may be the prompt. */
export function toSafeMessage(message: string): string {
	return redactSecrets((message.split('\n', 1)[0] ?? '').slice(0, 4 * MAX_MESSAGE_LENGTH)).slice(0, MAX_MESSAGE_LENGTH);
}
