import { redactSecrets } from '../util/index.ts';

const MAX_DEPTH = 6;
const MAX_MEMBERS = 100;
const MAX_OBJECTS = 500;
const MAX_TEXT_LENGTH = 2000;

/** Members whose value is a credential. */
const SECRET_NAME =
	/^(?:.*api[-_]?key|authorization|proxy-authorization|cookie|set-cookie|password|passphrase|credentials?|.*secret|(?:.*[-_])?token|(?:access|refresh|auth|id|bearer)token)$/i;

/** Members that hold what a person or a model wrote. */
const PROMPT_NAME =
	/^(?:task|tasktext|task_text|prompt|system|systeminstruction|messages?content|messages|contents?|parts|context|text|input|output|completion|answer|features|body|usercomment|user_comment|comment)$/i;

/** How far a value is read: wide and circular ones end too. */
interface ReadLimits {
	depth: number;
	/** Shared by the whole value. */
	budget: { members: number };
}

function describeSize(value: string | readonly unknown[]): string {
	return typeof value === 'string' ? `[${value.length} characters]` : `[${value.length} entries]`;
}

/** A text without secrets, cut at 2,000 characters. */
export function redactText(text: string): string {
	const masked = redactSecrets(text.slice(0, 2 * MAX_TEXT_LENGTH));
	return masked.length > MAX_TEXT_LENGTH ? `${masked.slice(0, MAX_TEXT_LENGTH)}…` : masked;
}

function goDeeper(reach: ReadLimits): ReadLimits {
	return { depth: reach.depth + 1, budget: reach.budget };
}

function redactMember(name: string, value: unknown, reach: ReadLimits): unknown {
	const isReadable = typeof value === 'string' || (typeof value === 'object' && value !== null);
	if (isReadable && SECRET_NAME.test(name.slice(0, 100))) return '[masked]';
	if ((typeof value === 'string' || Array.isArray(value)) && PROMPT_NAME.test(name)) return describeSize(value);
	return redact(value, reach);
}

function redactList(list: readonly unknown[], reach: ReadLimits): unknown {
	const kept = list.slice(0, MAX_MEMBERS).map((member) => redact(member, goDeeper(reach)));
	return list.length > kept.length ? [...kept, `… ${list.length - kept.length} more`] : kept;
}

function redactMembers(members: ReadonlyArray<readonly [string, unknown]>, reach: ReadLimits): unknown {
	const kept = members
		.slice(0, MAX_MEMBERS)
		.map(([name, member]) => [redactText(name), redactMember(name, member, goDeeper(reach))] as const);
	const more = members.length - kept.length;
	return Object.fromEntries(more > 0 ? [...kept, ['…', `${more} more`]] : kept);
}

function listMembers(value: object): Array<readonly [string, unknown]> {
	if (value instanceof Map) return [...value].map(([key, member]) => [String(key), member]);
	if (!(value instanceof Error)) return Object.entries(value);
	// A stack repeats the message and names paths; the code and the cause say enough.
	const { name, message, cause } = value;
	const code = 'code' in value ? value.code : undefined;
	const members = Object.entries({ name, code, message, cause });
	return members.filter(([, member]) => member !== undefined);
}

function redactObject(value: object, reach: ReadLimits): unknown {
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
	reach.budget.members -= 1;
	if (reach.depth >= MAX_DEPTH || reach.budget.members < 0)
		return Array.isArray(value) ? describeSize(value) : '[object]';
	if (Array.isArray(value)) return redactList(value, reach);
	return value instanceof Set ? redactList([...value], reach) : redactMembers(listMembers(value), reach);
}

function redact(value: unknown, reach: ReadLimits): unknown {
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
			return value === null ? null : redactObject(value, reach);
		default:
			return value;
	}
}

/** A value as a log may hold it: no prompt text, no secrets, bounded in depth and size; always fit for JSON. */
export function redactValue(value: unknown): unknown {
	return redact(value, { depth: 0, budget: { members: MAX_OBJECTS } });
}
