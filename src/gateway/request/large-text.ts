import { setImmediate } from 'node:timers/promises';

/** Characters or bytes up to which all steps of a request together take a few milliseconds. */
const SMALL = 128 * 1024;
/** Characters that are encoded or hashed at once. */
const SLICE_CHARACTERS = 2 * 1024 * 1024;

/**
 * Lets others have their turn between two steps of a large request, each of which holds the event loop up for as long as
 * reading all of it takes. Of a small request it waits for nothing.
 */
export function giveWay({ length }: { readonly length: number }): Promise<void> | undefined {
	return length > SMALL ? setImmediate() : undefined;
}

/** Hands a text to `use` in slices, none of which begins or ends within a character; others get their turn in between. */
export async function useInSlices(text: string, use: (slice: string) => void): Promise<void> {
	for (let from = 0; from < text.length; ) {
		const most = from + SLICE_CHARACTERS;
		const isWithin = most < text.length && (text.charCodeAt(most - 1) & 0xfc00) === 0xd800;
		const to = isWithin ? most - 1 : most;
		use(text.slice(from, to));
		from = to;
		if (from < text.length) await setImmediate();
	}
}

/** A text as it is sent: a long one is encoded here, in slices, where a socket would encode all of it at once. */
export function encodeText(text: string): string | Promise<Buffer> {
	return text.length <= SLICE_CHARACTERS ? text : encodeInSlices(text);
}

async function encodeInSlices(text: string): Promise<Buffer> {
	const bytes = Buffer.allocUnsafe(Buffer.byteLength(text));
	await setImmediate();
	let at = 0;
	await useInSlices(text, (slice) => {
		at += bytes.write(slice, at);
	});
	return bytes;
}
