import { DAY_MS } from '../../src/util/index.ts';
import { shiftClock, shiftClockOption } from './shift-clock.ts';

// What tests say of the default models holds for the day the catalog was written: on a later day announced retirements
// come true and other models are chosen. Beyond that day the clock of the tests, and of every process that they start,
// stands back to it and goes on.
const CATALOG_DAY = Date.UTC(2026, 10, 24);
const daysSince = Math.floor((Date.now() - CATALOG_DAY) / DAY_MS);

if (daysSince > 0) {
	shiftClock(-daysSince);
	process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} ${shiftClockOption(-daysSince)}`.trim();
}
