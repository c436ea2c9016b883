import { redactSecrets } from '../util/index.ts';

/** Levels of nesting that are logged. */
const MAX_DEPTH = 6;
/** Members of one object or list that are logged. */
const MAX_MEMBERS = 100;
/** Objects and lists of one value that are logged: wide and circular values end too. */
const MAX_OBJECTS = 500;
/** Characters of one text that are logged. */
const MAX_TEXT_LENGTH = 2000;

/** Members whose value is a credential. */
const SECRET_NAME =
	/^(?:.*api[-_]?key|authorization|proxy-authorization|cookie|set-cookie|password|passphrase|credentials?|.*secret|(?:.*[-_])?token|(?:access|refresh|auth|id|bearer)token)$/i;

/** Members that hold what a person or a model wrote. */
const PROMPT_NAME =
	/^(?:task|tasktext|task_text|prompt|system|systeminstruction|messages?content|messages|contents?|parts|context|text|input|output|completion|answer|features|body|usercomment|user_comment|comment)$/i;

function describeSize(value: string | readonly unknown[]): string {
	return typeof value === 'string' ? `[${value.length} characters]` : `[${value.length} entries]`;
}

/** A text without secrets, cut at 2,000 characters. */
export function redactText(text: string): string {
	const masked = redactSecrets(text.slice(0, 2 * MAX_TEXT_LENGTH));
	return masked.length > MAX_TEXT_LENGTH ? `${masked.slice(0, MAX_TEXT_LENGTH)}…` : masked;
}

/** Redacts one value: counts its objects, so that the whole of it stays bounded. */
class Redaction {
	#objectsLeft = MAX_OBJECTS;

	redact(value: unknown, depth: number): unknown {
		switch (typeof value) {
			case 'string':
				return redactText(value);
			case 'number':
				return Number.isFinite(value) ? value : String(value);
			case 'bigint':
			case 'symbol':
				return String(value);
			case 'function':
				return '[function]';
			case 'object':
				return value === null ? null : this.#redactObject(value, depth);
			default:
				return value;
		}
	}

	#redactObject(value: object, depth: number): unknown {
		if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
		this.#objectsLeft -= 1;
		if (depth >= MAX_DEPTH || this.#objectsLeft < 0) return Array.isArray(value) ? describeSize(value) : '[object]';
		if (Array.isArray(value)) return this.#redactList(value, depth + 1);
		if (value instanceof Set) return this.#redactList([...value], depth + 1);
		return this.#redactMembers(listMembers(value), depth + 1);
	}

	#redactList(list: readonly unknown[], depth: number): unknown {
		const items = list.slice(0, MAX_MEMBERS).map((item) => this.redact(item, depth));
		return list.length > items.length ? [...items, `… ${list.length - items.length} more`] : items;
	}

	#redactMembers(members: ReadonlyArray<readonly [string, unknown]>, depth: number): unknown {
		const redacted = members
			.slice(0, MAX_MEMBERS)
			.map(([name, value]) => [redactText(name), this.#redactMember(name, value, depth)] as const);
		const more = members.length - redacted.length;
		return Object.fromEntries(more > 0 ? [...redacted, ['…', `${more} more`]] : redacted);
	}

	#redactMember(name: string, value: unknown, depth: number): unknown {
		const hasContent = typeof value === 'string' || (typeof value === 'object' && value !== null);
		if (hasContent && SECRET_NAME.test(name.slice(0, 100))) return '[masked]';
		if ((typeof value === 'string' || Array.isArray(value)) && PROMPT_NAME.test(name)) return describeSize(value);
		return this.redact(value, depth);
	}
}

function listMembers(value: object): Array<readonly [string, unknown]> {
	if (value instanceof Map) return [...value].map(([key, member]) => [String(key), member]);
	if (!(value instanceof Error)) return Object.entries(value);
	// without the stack, which repeats the message and names paths
	const { name, message, cause } = value;
	const code = 'code' in value ? value.code : undefined;
	return Object.entries({ name, code, message, cause }).filter(([, member]) => member !== undefined);
}

/** A value without prompt text and secrets, bounded in depth and size; always serialisable as JSON. */
export function redactValue(value: unknown): unknown {
	return new Redaction().redact(value, 0);
}
