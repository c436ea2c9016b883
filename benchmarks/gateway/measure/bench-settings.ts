/** How long and how hard is measured. Times in milliseconds. */
export interface BenchSettings {
	rounds: number;
	/** Length of the windows at a fixed rate. */
	openMs: number;
	/** Length of the windows at saturation. */
	saturatedMs: number;
	warmMs: number;
	/** Warm-up windows at most for a target's first scenario; half as many for the others. */
	maxWarmWindows: number;
	/** Arrivals a second while latencies are measured. */
	ratePerSecond: number;
	largeRatePerSecond: number;
	streamRatePerSecond: number;
	/** Connections at saturation. */
	connections: number;
	/** How many streams are open at once, step by step. */
	crowds: readonly number[];
	/** Requests over which memory is watched; 0: not at all. */
	memoryRequests: number;
	/** Whose memory is watched. */
	memoryTargets: readonly string[];
}

/** Core of the target, and core of the mock and the load generator. */
export const TARGET_CPU = 0;
export const LOAD_CPU = 1;

/** A whole run. */
export const FULL_SETTINGS: BenchSettings = {
	rounds: 3,
	openMs: 8000,
	saturatedMs: 3000,
	warmMs: 1500,
	maxWarmWindows: 6,
	ratePerSecond: 100,
	largeRatePerSecond: 50,
	streamRatePerSecond: 20,
	connections: 64,
	crowds: [64, 128, 256, 512],
	memoryRequests: 50_000,
	memoryTargets: ['ours'],
};

/** A look whether everything runs; its figures mean little. */
export const QUICK_SETTINGS: BenchSettings = {
	...FULL_SETTINGS,
	rounds: 1,
	openMs: 2000,
	saturatedMs: 1500,
	warmMs: 800,
	maxWarmWindows: 2,
	crowds: [64],
	memoryRequests: 3000,
};

/** The table of what the gateway may cost, in a minute and a half: a look after a change, not a figure to publish. */
export const TABLE_SETTINGS: BenchSettings = {
	...FULL_SETTINGS,
	rounds: 1,
	openMs: 4000,
	saturatedMs: 1500,
	warmMs: 1000,
	maxWarmWindows: 4,
	crowds: [64],
	memoryRequests: 0,
};
