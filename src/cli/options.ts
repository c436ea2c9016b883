import { InvalidArgumentError } from 'commander';

/** Options every command takes. */
export interface GlobalOptions {
	json?: boolean;
	global?: boolean;
	project?: string;
	color?: boolean;
}

/** A finite number ≥ 0 from the command line. */
export function parseAmount(value: string): number {
	const amount = Number(value);
	if (value.trim() === '' || !Number.isFinite(amount) || amount < 0) {
		throw new InvalidArgumentError(`"${value.slice(0, 40)}" is not an amount. Write a number of 0 or more, e.g. 20.0.`);
	}
	return amount;
}

/** A calendar day, as YYYY-MM-DD. */
export function parseDay(value: string): string {
	const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
	// Date.parse accepts 2026-02-30 and rolls over; a real day comes back as it was written.
	if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(value))
		throw new InvalidArgumentError(`"${value.slice(0, 40)}" is not a day. Write it as YYYY-MM-DD, e.g. 2026-01-31.`);
	return value;
}

/** One of a list. */
export function parseChoice<Choice extends string>(choices: readonly Choice[]): (value: string) => Choice {
	return (value) => {
		const found = choices.find((choice) => choice === value.toLowerCase());
		if (found === undefined)
			throw new InvalidArgumentError(`"${value.slice(0, 40)}" is not one of: ${choices.join(', ')}.`);
		return found;
	};
}
