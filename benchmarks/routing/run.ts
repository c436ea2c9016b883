/**
 * Routing beside its baselines, on public outcomes that nobody here wrote: `npm run bench:routing`; with files in the form of the
 * data's cards, `npm run bench:routing -- FILE...`, which only prints; `-- --page` writes the page anew from the stored
 * results, `-- --policy=utility` tries one policy and only prints.
 * Asks are judged in twenty folds, each by what the others taught; the policies are the router's own, over its own posterior.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { comparePool, type PoolResult } from './compare.ts';
import { chooseAll, describeAsks, listSweeps } from './measure.ts';
import { type Pool, readGivenPools, readSharedPools } from './pools.ts';
import { checkBars, drawPage, renderPage, renderPool } from './report.ts';

const RESULTS = new URL('../results/routing.json', import.meta.url);
const DIGITS = 6;

const words = process.argv.slice(2);
const files = words.filter((word) => !word.startsWith('--'));
const only = words.find((word) => word.startsWith('--policy='))?.slice('--policy='.length);

function measurePool(pool: Pool): PoolResult {
	const sweeps = listSweeps(pool).filter(({ name }) => only === undefined || name === only);
	const result = comparePool(pool, chooseAll(pool, describeAsks(pool), sweeps));
	console.log(renderPool(result));
	return result;
}

function publish(results: readonly PoolResult[]): void {
	console.log(checkBars(results).join('\n'));
	const page = new URL('../../docs/reference/', import.meta.url);
	writeFileSync(new URL('evidence.md', page), renderPage(results));
	writeFileSync(new URL('evidence.svg', page), drawPage(results));
}

if (words.includes('--page')) publish(JSON.parse(readFileSync(RESULTS, 'utf8')));
else if (files.length > 0) readGivenPools(files).map(measurePool);
else {
	const pools = readSharedPools();
	if (pools === null) console.log('Nothing is measured: the outcomes in ../shared/data are absent.');
	else {
		const results = pools.map(measurePool);
		const round = (_: string, value: unknown) =>
			typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value;
		if (only === undefined) writeFileSync(RESULTS, `${JSON.stringify(results, round, '\t')}\n`);
		if (only === undefined) publish(results);
		else console.log(checkBars(results).join('\n'));
	}
}
