import { setImmediate } from 'node:timers/promises';

/** Characters or bytes up to which all steps of a request together take a few milliseconds. */
const SMALL = 128 * 1024;

/**
 * Lets others have their turn between two steps of a large request, each of which holds the event loop up for as long as
 * reading all of it takes. Of a small request it waits for nothing.
 */
export function giveWay({ length }: { readonly length: number }): Promise<void> | undefined {
	return length > SMALL ? setImmediate() : undefined;
}
