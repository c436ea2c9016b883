/** Without an import: as a preload this module starts with every process of a test. */
const DAY_MS = 86_400_000;

// Moves the clock of a process by whole days. As a module it offers the function; as a preload it moves the clock of the
// process that it starts in: `node --import=…/shift-clock.ts?days=7`. Shifts add up.

/** Moves this process's clock: `new Date()`, `Date.now()` and `Date()` show the time `days` days from now (ago, below 0). */
export function shiftClock(days: number): void {
	const now = Date.now;
	const shiftedNow = () => now() + days * DAY_MS;
	globalThis.Date = new Proxy(Date, {
		get: (target, property) => (property === 'now' ? shiftedNow : Reflect.get(target, property)),
		construct: (target, values, newTarget) =>
			Reflect.construct(target, values.length === 0 ? [shiftedNow()] : values, newTarget),
		apply: (target) => new target(shiftedNow()).toString(),
	});
}

/** What NODE_OPTIONS must hold for a process to start with its clock moved by so many days. */
export function shiftClockOption(days: number): string {
	return `--import=${new URL(`shift-clock.ts?days=${days}`, import.meta.url).href}`;
}

/** The part of a NODE_OPTIONS that moves the clock. */
export function findShiftClockOptions(nodeOptions = ''): string {
	return (nodeOptions.match(/--import=\S+\/shift-clock\.ts\?days=-?\d+/g) ?? []).join(' ');
}

const days = Number(new URL(import.meta.url).searchParams.get('days') ?? 0);
if (days !== 0) shiftClock(days);
