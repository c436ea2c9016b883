import { expect, it } from 'vitest';

/** Vitest's `it` for a public contract suite, whose tests fail by rejecting and know nothing of `expect`. */
export function contractIt(title: string, run: () => Promise<void>): void {
	it(title, async () => {
		await expect(run()).resolves.toBeUndefined();
	});
}
