import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerFormat } from './answer-meaning.ts';
import { toEventStream } from './event-stream.ts';
import type { ProviderAnswer } from './replay-gateway.ts';

const folder = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'fixtures', 'streams');

/** What a provider once answered. */
export interface Recording extends ProviderAnswer {
	id: string;
	/** Its folder: whose answer it is. */
	provider: string;
	status: number;
}

const FORMATS: Readonly<Record<string, AnswerFormat>> = {
	anthropic: 'anthropic-messages',
	'openai-chat': 'openai-chat',
	'openai-responses': 'openai-responses',
	gemini: 'gemini',
	'gemini-stream': 'gemini',
	'bedrock-converse': 'bedrock-converse',
	'bedrock-converse-stream': 'bedrock-converse',
};

interface IndexRow {
	id: string;
	format: string;
	status: number;
	stream: boolean;
	file: string;
	headers: Record<string, string>;
}

function toRecording({ id, file, format: name, headers, status, stream }: IndexRow): Recording {
	const format = FORMATS[name];
	if (format === undefined) throw new TypeError(`${id} is in the format ${name}, which is not known here`);
	const bytes = readFileSync(join(folder, file));
	const provider = file.split('/')[0] ?? '';
	const recording = { id, provider, format, status, isStream: stream, bytes };
	if (status >= 400) return { ...recording, contentType: headers['content-type'] };
	if (name === 'bedrock-converse-stream') {
		const contentType = 'application/vnd.amazon.eventstream';
		const isText = bytes.subarray(0, 40).toString().includes('{"');
		return {
			...recording,
			isStream: true,
			contentType,
			bytes: stream || isText ? toEventStream(bytes.toString()) : bytes,
		};
	}
	// without `alt=sse` Google sends the events as one list; the gateway always asks for events
	if (name === 'gemini-stream' && !stream) {
		const parts: unknown[] = JSON.parse(bytes.toString('utf8'));
		const events = parts.map((part) => `data: ${JSON.stringify(part)}\r\n\r\n`);
		return { ...recording, isStream: true, bytes: Buffer.from(events.join('')) };
	}
	return recording;
}

/** All of them; none where the folder is absent. */
export function listRecordings(): Recording[] {
	const index = join(folder, 'index.jsonl');
	if (!existsSync(index)) return [];
	const lines = readFileSync(index, 'utf8').trimEnd().split('\n');
	return lines.map((line) => toRecording(JSON.parse(line)));
}
