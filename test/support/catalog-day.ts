// What tests say of the default models holds for the day the catalog was written: on a later day announced
// retirements come true and other models are chosen. Beyond that day the tests' clock stands back to it and goes on.
const CATALOG_DAY = Date.UTC(2026, 10, 24);
const DAY_MS = 86_400_000;
const MachineDate = Date;
const daysSince = Math.floor((MachineDate.now() - CATALOG_DAY) / DAY_MS);

class CatalogDate extends MachineDate {
	constructor(...values: [] | [number | string | Date]) {
		if (values.length === 0) super(CatalogDate.now());
		else super(...values);
	}

	static override now(): number {
		return MachineDate.now() - daysSince * DAY_MS;
	}
}

if (daysSince > 0) {
	// Only `Date()` without new is missing of a DateConstructor, and nobody calls it.
	globalThis.Date = CatalogDate as DateConstructor;
}
