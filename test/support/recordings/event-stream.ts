import { crc32 } from 'node:zlib';
import { isObject, type JsonObject } from '../../../src/util/index.ts';

/** Bytes before the headers (two lengths and their checksum) and after the payload (a checksum). */
const PRELUDE = 12;
const CHECKSUM = 4;
/** The type of a header's value that is text. */
const TEXT = 7;

/**
 * The events of Amazon's binary stream, each as `{[type]: payload}`.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
 */
export function bedrockEvents(bytes: Buffer): JsonObject[] {
	const events: JsonObject[] = [];
	for (let at = 0; at + PRELUDE + CHECKSUM <= bytes.length; at += bytes.readUInt32BE(at)) {
		const end = at + bytes.readUInt32BE(at);
		const headersEnd = at + PRELUDE + bytes.readUInt32BE(at + 4);
		const type = readHeaders(bytes.subarray(at + PRELUDE, headersEnd)).get(':event-type') ?? 'exception';
		const payload: unknown = JSON.parse(bytes.subarray(headersEnd, end - CHECKSUM).toString('utf8'));
		events.push({ [type]: payload });
	}
	return events;
}

function readHeaders(bytes: Buffer): Map<string, string> {
	const headers = new Map<string, string>();
	for (let at = 0; at < bytes.length; ) {
		const nameEnd = at + 1 + bytes.readUInt8(at);
		const valueAt = nameEnd + 3;
		const valueEnd = valueAt + bytes.readUInt16BE(nameEnd + 1);
		headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', valueAt, valueEnd));
		at = valueEnd;
	}
	return headers;
}

/** Recordings that were kept as text, an event a line, as the binary stream that they once were. */
export function toEventStream(text: string): Buffer {
	const lines = text.split('\n').map((line) => line.replace(/^data:\s*/, '').trim());
	const events: unknown[] = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
	return Buffer.concat(events.filter(isObject).flatMap((event) => Object.entries(event).map(encodeEvent)));
}

function encodeEvent([type, payload]: [string, unknown]): Buffer {
	const named = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' };
	const headers = Buffer.concat(
		Object.entries(named).flatMap(([name, value]) => {
			const head = Buffer.from([TEXT, value.length >> 8, value.length & 255]);
			return [Buffer.from([name.length]), Buffer.from(name), head, Buffer.from(value)];
		}),
	);
	const body = Buffer.from(JSON.stringify(payload));
	const prelude = Buffer.alloc(8);
	prelude.writeUInt32BE(PRELUDE + headers.length + body.length + CHECKSUM, 0);
	prelude.writeUInt32BE(headers.length, 4);
	const head = Buffer.concat([prelude, checksumOf(prelude), headers, body]);
	return Buffer.concat([head, checksumOf(head)]);
}

function checksumOf(bytes: Buffer): Buffer {
	const checksum = Buffer.alloc(CHECKSUM);
	checksum.writeUInt32BE(crc32(bytes));
	return checksum;
}
