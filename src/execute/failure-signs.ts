import { readHeaders } from './read-header.ts';
import { readProperty, readText } from './read-property.ts';

/** What can be read off an error, whoever threw it. */
export interface FailureSigns {
	/** HTTP status, `null` when no response came. */
	status: number | null;
	/** Names, codes and types of the error and its causes. */
	words: ReadonlySet<string>;
	/** The messages of the error and its causes, for the few failures that are told apart by text alone. */
	text: string;
	headers: ReadonlyMap<string, string>;
	/** Wait a provider's edge already read, in milliseconds. */
	retryAfterMs: number | null;
}

const MAX_ERRORS = 12;
const MAX_TEXT = 4000;
const WORD_KEYS = ['name', 'code', 'type', 'status', 'errorType', 'reason'];

/** Reads an error, its causes and (for several addresses tried at once) its parts; bounded, never throws on odd shapes. */
export function readFailureSigns(error: unknown): FailureSigns {
	const words = new Set<string>();
	const texts: string[] = [];
	let status: number | null = null;
	let retryAfterMs: number | null = null;
	let headers: ReadonlyMap<string, string> = new Map();
	for (const part of partsOf(error)) {
		for (const word of wordsOf(part)) words.add(word);
		const message = typeof part === 'string' ? part : readText(part, 'message');
		if (message !== null) texts.push(message.slice(0, MAX_TEXT));
		status ??= statusOf(part);
		retryAfterMs ??= numberOrNull(readProperty(readProperty(part, 'details'), 'retryAfterMs'));
		if (headers.size === 0) headers = readHeaders(headersOf(part));
	}
	return { status, words, text: texts.join('\n').slice(0, MAX_TEXT), headers, retryAfterMs };
}

/** The error, then what lies in it: provider's error body, cause, parts; each once. */
function partsOf(error: unknown): unknown[] {
	const parts: unknown[] = [error];
	for (let index = 0; index < parts.length && parts.length < MAX_ERRORS; index += 1) {
		const part = parts[index];
		const errors = readProperty(part, 'errors');
		const inner = [readProperty(part, 'error'), readProperty(part, 'cause'), ...(Array.isArray(errors) ? errors : [])];
		for (const next of inner) {
			if (typeof next === 'object' && next !== null && !parts.includes(next)) parts.push(next);
		}
	}
	return parts.slice(0, MAX_ERRORS);
}

function wordsOf(part: unknown): string[] {
	const found: string[] = [];
	for (const source of [part, readProperty(part, 'details')]) {
		for (const key of WORD_KEYS) {
			const word = readText(source, key);
			if (word !== null) found.push(word);
		}
	}
	// The official SDKs leave `name` at 'Error'; their classes tell more.
	if (part instanceof Error) found.push(part.constructor.name);
	return found;
}

function statusOf(part: unknown): number | null {
	const candidates = [
		readProperty(part, 'status'),
		readProperty(part, 'statusCode'),
		readProperty(readProperty(part, 'response'), 'status'),
		// Google's error body names the HTTP status `code`.
		readProperty(part, 'code'),
	];
	const found = candidates.find((value) => typeof value === 'number' && value >= 300 && value <= 599);
	return numberOrNull(found);
}

function headersOf(part: unknown): unknown {
	return (
		readProperty(part, 'headers') ??
		readProperty(part, 'responseHeaders') ??
		readProperty(readProperty(part, 'response'), 'headers')
	);
}

function numberOrNull(value: unknown): number | null {
	return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
