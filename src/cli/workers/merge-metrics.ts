/** Gauges that add up over processes; of the others the largest value counts. */
const SUMMED_GAUGES: ReadonlySet<string> = new Set([
	'switchyard_requests_in_flight',
	'switchyard_queue_length',
	'switchyard_storage_waiting_writes',
	'process_resident_memory_bytes',
]);
/** Of these the smallest counts. */
const EARLIEST_GAUGES: ReadonlySet<string> = new Set(['process_start_time_seconds']);

/** Of a process that is gone, what it has counted: its gauges are over, and no counter may fall. */
export function keepCounts(text: string): string {
	const families = new Map<string, Family>();
	addMetrics(families, text);
	return write([...families.values()].filter(({ type }) => type !== 'gauge'));
}

interface Family {
	/** `# HELP` and `# TYPE`, as the first process wrote them. */
	head: string[];
	type: string;
	name: string;
	/** By series: name and labels. */
	samples: Map<string, number>;
}

/** The metrics of several processes as those of one, in Prometheus' text format: as written by this package. */
export function mergeMetrics(texts: readonly string[]): string {
	const families = new Map<string, Family>();
	for (const text of texts) addMetrics(families, text);
	return write([...families.values()]);
}

function write(families: readonly Family[]): string {
	return families
		.map(({ head, samples }) =>
			[...head, ...[...samples].map(([series, value]) => `${series} ${value}`), ''].join('\n'),
		)
		.join('');
}

function addMetrics(families: Map<string, Family>, text: string): void {
	let family: Family = { head: [], type: '', name: '', samples: new Map() };
	for (const line of text.split('\n')) {
		const [mark, keyword, name = '', type = ''] = line.split(' ', 4);
		if (mark !== '#' && line !== '') addSample(family, line);
		if (mark !== '#') continue;
		// the help comes first
		if (keyword === 'HELP') family = families.get(name) ?? { ...family, head: [], name, samples: new Map() };
		families.set(name, family);
		if (family.head.length < 2) family.head.push(line);
		if (keyword === 'TYPE') family.type = type;
	}
}

function addSample({ name, samples, type }: Family, line: string): void {
	const end = line.lastIndexOf(' ');
	const [series, value] = [line.slice(0, end), Number(line.slice(end + 1))];
	const known = samples.get(series);
	if (known === undefined) samples.set(series, value);
	else samples.set(series, combine({ name, type }, known, value));
}

function combine({ name, type }: Pick<Family, 'name' | 'type'>, one: number, other: number): number {
	if (type !== 'gauge' || SUMMED_GAUGES.has(name)) return one + other;
	return EARLIEST_GAUGES.has(name) ? Math.min(one, other) : Math.max(one, other);
}
