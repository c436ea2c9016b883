import { moduleOf, placeOf } from './place-of-call.ts';

/** What `node --cpu-prof` writes, as far as it is read here. */
export interface CpuProfile {
	/** Microseconds on the system's monotonic clock. */
	startTime: number;
	nodes: readonly ProfileNode[];
	/** Ids of the nodes that were running. */
	samples: readonly number[];
	/** Microseconds from the sample before. */
	timeDeltas: readonly number[];
}

/** A function on the stack. */
export interface ProfileNode {
	id: number;
	callFrame: { functionName: string; url: string; lineNumber: number };
}

/** What part of a profile counts, and for how many requests. Microseconds on the monotonic clock. */
export interface ProfileSpan {
	from: number;
	until: number;
	requests: number;
}

/** A line of the report. */
export interface ProfileRow {
	name: string;
	/** Microseconds of self time for each request. */
	us: number;
	/** Of all time that was not idle. */
	share: number;
}

const IDLE = '(idle)';

/** Self time by a name given to each node, most first. */
function sumBy(profile: CpuProfile, span: ProfileSpan, nameOf: (node: ProfileNode) => string): ProfileRow[] {
	const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node)]));
	const sums = new Map<string, number>();
	let at = profile.startTime;
	let total = 0;
	for (const [index, id] of profile.samples.entries()) {
		at += profile.timeDeltas[index] ?? 0;
		const lasted = profile.timeDeltas[index + 1] ?? 0;
		const name = names.get(id) ?? IDLE;
		if (at < span.from || at > span.until || name === IDLE) continue;
		sums.set(name, (sums.get(name) ?? 0) + lasted);
		total += lasted;
	}
	return [...sums]
		.map(([name, sum]) => ({ name, us: sum / Math.max(1, span.requests), share: sum / Math.max(1, total) }))
		.sort((one, other) => other.us - one.us);
}

/** Self time by module of the product, package, or part of Node. */
export function topModules(profile: CpuProfile, span: ProfileSpan): ProfileRow[] {
	return sumBy(profile, span, (node) => moduleOf(node.callFrame));
}

/** Self time by function. */
export function topFunctions(profile: CpuProfile, span: ProfileSpan): ProfileRow[] {
	return sumBy(profile, span, ({ callFrame }) => {
		const module = moduleOf(callFrame);
		return module === IDLE ? IDLE : `${module}  ${callFrame.functionName || '(anonymous)'}  ${placeOf(callFrame)}`;
	});
}
