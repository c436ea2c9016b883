/** Edits (insert, delete, replace) that turn one word into the other. */
function editDistance(from: string, to: string): number {
	let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
	for (let row = 1; row <= from.length; row += 1) {
		const current = [row];
		for (let column = 1; column <= to.length; column += 1) {
			const replace = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
			current.push(Math.min(replace, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
		}
		previous = current;
	}
	return previous[to.length] ?? 0;
}

/** The valid name a mistyped one most likely meant; `null` when none is near. */
export function nearestName(given: string, valid: readonly string[]): string | null {
	const wanted = given.slice(0, 64).toLowerCase();
	let best: string | null = null;
	// Two letters that changed places are two edits: the commonest slip must be understood.
	let bestDistance = Math.max(wanted.length < 4 ? 1 : 2, Math.floor(wanted.length / 3)) + 1;
	for (const name of valid) {
		const distance = editDistance(wanted, name.toLowerCase());
		if (distance < bestDistance) [best, bestDistance] = [name, distance];
	}
	return best;
}
