import type { LoggedChoice } from '../../src/evaluate/index.ts';
import { createSeededRandom } from '../../src/util/index.ts';

const TYPES = ['code', 'chat', 'math'] as const;
const MODELS = ['small', 'middle', 'large', 'other'] as const;

/** Mean quality of each model (a row) on each type, 0-100; the truth that nobody is told. */
const TRUTH = [
	[52, 78, 40],
	[66, 74, 61],
	[81, 80, 78],
	[58, 69, 72],
] as const;
/** What the catalog would have said: wrong by up to 12 points, so that the reward model alone is not enough. */
const BELIEVED = [
	[60, 70, 52],
	[70, 75, 66],
	[76, 84, 74],
	[66, 66, 62],
] as const;
/** With which the log chose each model (a row) on each type. */
const LOGGED = [
	[0.5, 0.55, 0.2],
	[0.2, 0.25, 0.3],
	[0.2, 0.1, 0.3],
	[0.1, 0.1, 0.2],
] as const;
/** What the evaluated policy chooses on each type, as positions of models. */
const POLICY = [2, 1, 3] as const;
const TYPE_SHARES = [0.4, 0.35, 0.25] as const;

/** What the policy earns, exactly: the mean over types of what it chooses there. */
export const TRUE_VALUE: number = TYPE_SHARES.reduce<number>(
	(sum, share, type) => sum + share * (TRUTH[POLICY[type] ?? 0]?.[type] ?? 0),
	0,
);

/** How a log is made. */
export interface SyntheticLogOptions {
	seed: number;
	/** Conversations of one to six requests. @default 400 */
	conversations?: number;
	/** Share of the rewards that never come. @default 0 */
	missing?: number;
	/** Rewards come late, those of some models later, and the newest have not come yet. @default false */
	isDelayed?: boolean;
}

/** Length of the log in days: it is looked at when it ends. */
const DAYS = 30;

function draw(shares: readonly number[], at: number): number {
	let sum = 0;
	const place = shares.findIndex((share) => {
		sum += share;
		return at < sum;
	});
	return place === -1 ? shares.length - 1 : place;
}

const toChances = (figures: ReadonlyArray<readonly number[]>, type: number) =>
	Object.fromEntries(MODELS.map((model, at) => [model, figures[at]?.[type] ?? 0]));

/** A log of conversations, whose requests are alike in type and in luck, with its probabilities written down. */
export function createSyntheticLog(options: SyntheticLogOptions): LoggedChoice[] {
	const { conversations = 400, isDelayed = false, missing = 0, seed } = options;
	const random = createSeededRandom(seed * 7919);
	const isUnknown = (at: number, model: number): boolean => {
		const delay = -Math.log(1 - random()) * (model === 2 ? 1.5 : 0.5);
		return random() < missing || (isDelayed && at + delay > DAYS);
	};
	const decide = (type: number, luck: number, at: number): Omit<LoggedChoice, 'id' | 'cluster'> => {
		const model = draw(
			MODELS.map((_, each) => LOGGED[each]?.[type] ?? 0),
			random(),
		);
		// judged good or bad, as a thumb is, around the mean
		const reward = random() < ((TRUTH[model]?.[type] ?? 0) + luck) / 100 ? 100 : 0;
		return {
			model: MODELS[model] ?? '',
			chances: toChances(LOGGED, type),
			target: { [MODELS[POLICY[type] ?? 0] ?? '']: 1 },
			reward: isUnknown(at, model) ? null : reward,
			expected: toChances(BELIEVED, type),
			cells: [TYPES[type] ?? ''],
			at,
		};
	};
	return Array.from({ length: conversations }, (_, conversation) => {
		const luck = 20 * (random() - 0.5);
		const usual = draw(TYPE_SHARES, random());
		const at = (DAYS * conversation) / conversations;
		return Array.from({ length: 1 + Math.floor(6 * random()) }, (_turn, turn) => {
			// most turns are of the conversation's type; the share of each type over the log stays as it is
			const type = random() < 0.6 ? usual : draw(TYPE_SHARES, random());
			return { id: `${conversation}.${turn}`, cluster: String(conversation), ...decide(type, luck, at) };
		});
	}).flat();
}
