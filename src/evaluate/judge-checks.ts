import type { JudgedOrder, PairJudgement, Verdict } from '../contracts/index.ts';
import { bootstrap } from '../cost/index.ts';
import { createSeededRandom, hashText } from '../util/index.ts';
import { type JudgedPair, toAnswer } from './judge.ts';
import { type ClusterEstimate, type ClusteredValue, estimateShare } from './statistics.ts';

/** A pair whose right verdict is known beforehand. */
export interface PlantedPair extends JudgedPair {
	expected: 'first' | 'second' | 'tie';
}

/** A request with answers to it that pairs can be planted with. */
export interface PlantedAsk {
	id: string;
	ask: string;
	answers: readonly string[];
	criteria?: string | undefined;
}

/** Pairs with a broken answer that a judge is checked with: of a judge that is wrong on a fifth of them more than a tenth go wrong in 92 % of runs. */
export const BROKEN_PAIRS = 32;
/** Pairs of one answer beside itself. */
export const IDENTICAL_PAIRS = 8;
/** Pairs with a broken answer below which a judge counts as unchecked. */
const MIN_BROKEN_PAIRS = 8;
/** Share of replies on such pairs, or of all replies, beyond which a judge's figures are withheld. */
const MOST_FAULTS = 0.1;
/** Share of one label among the decided replies from which on a judge goes by the place, at the lower end of its interval. */
const PLACE_SHARE = 0.75;
/** Words of an answer from which on it can be scrambled beyond recognition. */
const MIN_SCRAMBLED_WORDS = 12;
const PLACEHOLDER = 'Placeholder. The answer goes here.';

function scramble(text: string, random: () => number): string | null {
	const words = text.split(/\s+/);
	if (words.length < MIN_SCRAMBLED_WORDS) return null;
	for (let last = words.length - 1; last > 0; last -= 1) {
		const other = Math.floor(random() * (last + 1));
		[words[last], words[other]] = [words[other] ?? '', words[last] ?? ''];
	}
	return words.join(' ');
}

/** What an answer is put beside: texts that nobody takes for a better one. */
function wreck(answer: string, others: readonly string[], random: () => number): Array<[kind: string, text: string]> {
	const foreign = others[Math.floor(random() * others.length)];
	const scrambled = scramble(answer, random);
	const wrecks: Array<[string, string | null | undefined]> = [
		['foreign', foreign],
		['scrambled', scrambled],
		['placeholder', PLACEHOLDER],
	];
	return wrecks.filter(
		(each): each is [string, string] => each[1] != null && each[1].trim() !== '' && each[1] !== answer,
	);
}

/** What the names of planted pairs begin with; they end with the verdict that is right. */
const PLANTED = 'planted';

/** The verdict that is right of a pair, by its name; `null`: it is no planted one. */
export function readPlanted(pair: string): PlantedPair['expected'] | null {
	const [beginning, ...others] = pair.split(' ');
	const end = others.at(-1);
	return beginning === PLANTED && (end === 'first' || end === 'second' || end === 'tie') ? end : null;
}

/** What pairs are planted of. */
interface PlantOptions {
	/** Answers to other requests. */
	others: readonly string[];
	/** Pairs with a broken answer, and pairs of one answer beside itself. */
	broken: number;
	identical: number;
	/** Names of pairs that are there: they count among those wanted, and are not planted again. @default none */
	judged?: readonly string[];
	seed: number;
}

/** What a pair is, whichever of its answers comes first. */
const kindOf = (pair: string): string => pair.slice(0, pair.lastIndexOf(' '));

/**
 * Pairs with a known verdict, made from real answers to a request: an answer beside itself, and beside a broken one (of another request,
 * its words in disorder, a placeholder). As many as there should be, or as many as the answers yield. The same seed plants the same.
 */
export function plantPairs({ answers, ask, criteria, id }: PlantedAsk, options: PlantOptions): PlantedPair[] {
	const { judged = [], others, seed } = options;
	const random = createSeededRandom(Number.parseInt(hashText(id, seed).slice(-8), 16));
	const broken: PlantedPair[] = [];
	const identical: PlantedPair[] = [];
	for (const [position, answer] of answers.entries()) {
		const name = `${PLANTED} ${position}`;
		identical.push({ id: `${name} identical tie`, ask, criteria, first: answer, second: answer, expected: 'tie' });
		for (const [kind, wrecked] of wreck(answer, others, random)) {
			const isFirst = random() < 0.5;
			const [first, second] = isFirst ? [answer, wrecked] : [wrecked, answer];
			const expected = isFirst ? 'first' : 'second';
			broken.push({ id: `${name} ${kind} ${expected}`, ask, criteria, first, second, expected });
		}
	}
	const kinds = new Set(judged.map(kindOf));
	const pick = (pairs: readonly PlantedPair[], wanted: number, isOfKind: (pair: string) => boolean) =>
		draw(
			pairs.filter((pair) => !kinds.has(kindOf(pair.id))),
			Math.max(0, wanted - judged.filter(isOfKind).length),
			random,
		);
	const isIdentical = (pair: string) => readPlanted(pair) === 'tie';
	return [
		...pick(broken, options.broken, (pair) => !isIdentical(pair)),
		...pick(identical, options.identical, isIdentical),
	];
}

function draw<Item>(items: readonly Item[], count: number, random: () => number): Item[] {
	const keyed = items.map((item) => ({ item, key: random() }));
	return keyed
		.sort((a, b) => a.key - b.key)
		.slice(0, count)
		.map(({ item }) => item);
}

/** A pair that was judged, with what is known of it. */
export interface JudgedSample {
	/** What it hangs together with: its conversation. */
	cluster: string;
	judgement: PairJudgement;
	/** Characters of the answers; not needed of planted pairs. */
	lengths?: { first: number; second: number };
}

/** Cohen's kappa between a judge and its user: 1 is full agreement, 0 what chance alone brings. */
export interface JudgeAgreement {
	/** `NaN` where it cannot be told: no pair has a verdict, or both always say the same one thing. */
	kappa: number;
	low: number;
	high: number;
	/** Rated pairs with a verdict, which it is made of. */
	pairs: number;
	/** Rated pairs of which the judge said nothing that counts: its two orders contradict each other, or a reply is no verdict. */
	undecided: number;
}

/** What a run shows of its judge. */
export interface JudgeReport {
	replies: number;
	faults: Record<NonNullable<JudgedOrder['fault']>, number>;
	/** Pairs of real answers, and how they came out. */
	pairs: Record<Verdict, number>;
	/** Wrong replies on pairs with a broken answer, a fault included, 0-1. */
	wrong: ClusterEstimate;
	/** Replies that named a winner of two identical answers, of those that are a verdict, 0-1. */
	identicalNamed: ClusterEstimate;
	/** The answer shown first won, of all replies that decided, 0-1. */
	shownFirstWins: ClusterEstimate;
	/** The longer answer won, of the verdicts that decided, 0-1. */
	longerWins: ClusterEstimate;
	/** Agreement with the user's own ratings; `null`: there are none. */
	agreement: JudgeAgreement | null;
	/** What is wrong with the judge, in sentences. */
	findings: string[];
	/** What it says of the models is not shown: it failed its checks, or there were too few. */
	isWithheld: boolean;
}

/** What a run knows of its judge. */
export interface JudgeEvidence {
	real: readonly JudgedSample[];
	planted: ReadonlyArray<JudgedSample & Pick<PlantedPair, 'expected'>>;
	/** Pairs that the user rated. */
	rated: ReadonlyArray<JudgedSample & Pick<PlantedPair, 'expected'>>;
}

const formatShare = ({ count, high, low, value }: ClusterEstimate): string =>
	`${(100 * value).toFixed(0)} % of ${count} (95 %: ${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)} %)`;

/** What the judged pairs show of the judge: what it gets wrong where the truth is known, and what it goes by. */
export function checkJudge({ planted, rated, real }: JudgeEvidence): JudgeReport {
	const all = [...real, ...planted, ...rated];
	// which answer is shown first has nothing to do with the conversation: each pair stands for itself
	const orders = all.flatMap(({ judgement }, index) =>
		judgement.orders.map((order) => ({ cluster: `${index}`, order })),
	);
	const faults: JudgeReport['faults'] = { truncated: 0, malformed: 0, refused: 0 };
	for (const { order } of orders) if (order.fault !== undefined) faults[order.fault] += 1;
	const pairs: JudgeReport['pairs'] = { first: 0, second: 0, tie: 0, abstain: 0, error: 0 };
	for (const { judgement } of real) pairs[judgement.verdict] += 1;
	const isBroken = ({ expected }: Pick<PlantedPair, 'expected'>) => expected !== 'tie';
	const broken = planted.filter(isBroken);
	const wrong = estimateShare(
		broken.flatMap(({ cluster, expected, judgement }) =>
			judgement.orders.map((order) => ({ cluster, value: toAnswer(order) === expected ? 0 : 1 })),
		),
	);
	const identicalNamed = estimateShare(
		planted
			.filter((pair) => !isBroken(pair))
			.flatMap(({ cluster, judgement }) =>
				judgement.orders.flatMap(({ label }) =>
					label === undefined ? [] : [{ cluster, value: label === 'tie' ? 0 : 1 }],
				),
			),
	);
	const shownFirstWins = estimateShare(
		orders.flatMap(({ cluster, order }): ClusteredValue[] =>
			(order.label ?? 'tie') === 'tie' ? [] : [{ cluster, value: order.label === 'A' ? 1 : 0 }],
		),
	);
	const report = {
		replies: orders.length,
		faults,
		pairs,
		wrong,
		identicalNamed,
		shownFirstWins,
		longerWins: estimateShare(listLongerWins(real)),
		agreement: measureAgreement(rated),
	};
	return { ...report, ...listFindings(report, broken.length) };
}

function listFindings(
	{ faults, longerWins, replies, shownFirstWins, wrong }: Omit<JudgeReport, 'findings' | 'isWithheld'>,
	broken: number,
): Pick<JudgeReport, 'findings' | 'isWithheld'> {
	const withheld: string[] = [];
	const unreadable = faults.malformed + faults.refused + faults.truncated;
	const { high, low, value } = shownFirstWins;
	if (unreadable > MOST_FAULTS * replies)
		withheld.push(
			`Its replies are often no verdict: ${unreadable} of ${replies} (cut off ${faults.truncated}, malformed ${faults.malformed}, refused ${faults.refused}).`,
		);
	const byPlace = 'It goes by the place, not by the answer: the one shown';
	if (low > PLACE_SHARE) withheld.push(`${byPlace} first wins ${formatShare(shownFirstWins)}.`);
	if (high < 1 - PLACE_SHARE)
		withheld.push(
			`${byPlace} second wins ${formatShare({ ...shownFirstWins, value: 1 - value, low: 1 - high, high: 1 - low })}.`,
		);
	if (broken < MIN_BROKEN_PAIRS)
		withheld.push(
			`It could not be checked: ${broken} pairs with a broken answer were judged, ${MIN_BROKEN_PAIRS} are needed.`,
		);
	else if (wrong.value > MOST_FAULTS)
		withheld.push(
			`It is often wrong where the truth is known: on ${formatShare(wrong)} of replies about a broken answer.`,
		);
	const findings = [...withheld];
	if (longerWins.low > 0.5) findings.push(`The longer answer wins ${formatShare(longerWins)}: it may go by length.`);
	return { findings, isWithheld: withheld.length > 0 };
}

function listLongerWins(real: readonly JudgedSample[]): ClusteredValue[] {
	return real.flatMap(({ cluster, judgement: { verdict }, lengths }) => {
		if (lengths === undefined || lengths.first === lengths.second) return [];
		if (verdict !== 'first' && verdict !== 'second') return [];
		const longer = lengths.first > lengths.second ? 'first' : 'second';
		return [{ cluster, value: verdict === longer ? 1 : 0 }];
	});
}

/** Of the pairs with a verdict: an error or an abstention is never a tie. The interval (95 %) is a bootstrap of whole conversations. */
function measureAgreement(rated: JudgeEvidence['rated']): JudgeReport['agreement'] {
	if (rated.length === 0) return null;
	const decided = rated.flatMap(({ cluster, expected, judgement: { verdict: said } }) =>
		said === 'error' || said === 'abstain' ? [] : [{ cluster, expected, said }],
	);
	const counts = { pairs: decided.length, undecided: rated.length - decided.length };
	if (decided.length === 0) return { kappa: Number.NaN, low: Number.NaN, high: Number.NaN, ...counts };
	const clusters = [...new Set(decided.map(({ cluster }) => cluster))];
	const positions = new Map(clusters.map((cluster, position) => [cluster, position]));
	const samples = decided.map(({ cluster, ...pair }) => ({ position: positions.get(cluster) ?? 0, ...pair }));
	const answers = ['first', 'second', 'tie'] as const;
	const [interval] = bootstrap(clusters.length, (draws) => {
		let [total, agreed] = [0, 0];
		const of = { expected: { first: 0, second: 0, tie: 0 }, said: { first: 0, second: 0, tie: 0 } };
		for (const { expected, position, said } of samples) {
			const count = draws[position] ?? 0;
			total += count;
			if (expected === said) agreed += count;
			of.expected[expected] += count;
			of.said[said] += count;
		}
		const chance = answers.reduce((sum, answer) => sum + (of.expected[answer] * of.said[answer]) / total ** 2, 0);
		// both always say the same one thing: nothing is left that chance does not explain
		return [chance === 1 ? Number.NaN : (agreed / total - chance) / (1 - chance)];
	});
	const { high = Number.NaN, low = Number.NaN, value = Number.NaN } = interval ?? {};
	return { kappa: value, low, high, ...counts };
}
