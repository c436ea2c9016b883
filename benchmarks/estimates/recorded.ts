import { TaskClassifier } from '../../src/classify/index.ts';
import { TASK_TYPE_TRAITS, type TaskType } from '../../src/contracts/index.ts';
import { EstimateCorrector } from '../../src/learn/index.ts';
import { readTypeTable } from '../../src/project.ts';
import { type RecordedRequest, readRecordedRequests } from '../../test/support/recorded-requests.ts';

/** USD per million tokens; the ratio of the two is what matters. */
const RATES = { input: 3, output: 15 };
/** Recordings of a type from which its figures are printed: half teach, half are asked. */
const MIN_RECORDINGS = 20;

/** Median relative errors of one type, over the recordings that taught nothing. */
export interface RecordedErrors {
	type: TaskType;
	asked: number;
	/** Output, where every answer of the type is expected to have the table's tokens; and as it is expected. */
	outputByType: number;
	output: number;
	/** Cost as it is expected, as it is corrected by what taught, and with the factor that would have been best. */
	cost: number;
	corrected: number;
	best: number;
}

interface Pair {
	type: TaskType;
	expected: { input: number; output: number };
	actual: { input: number; output: number };
}

function toPair(classifier: TaskClassifier, { body, inputTokens, outputTokens }: RecordedRequest): Pair | null {
	const said = body['messages'] ?? body['contents'] ?? body['input'];
	const messages = typeof said === 'string' ? [{ role: 'user', content: said }] : said;
	if (!Array.isArray(messages) || outputTokens === 0) return null;
	const system = body['system'] ?? body['instructions'] ?? body['systemInstruction'];
	const tools = Array.isArray(body['tools']) ? body['tools'] : [];
	const { type, estimatedInputTokens, estimatedOutputTokens } = classifier.classify({
		messages,
		...(system !== undefined && { system }),
		...(tools.length > 0 && { tools }),
	});
	const expected = { input: estimatedInputTokens, output: estimatedOutputTokens };
	return { type, expected, actual: { input: inputTokens, output: outputTokens } };
}

const costOf = ({ input, output }: Pair['actual']): number => input * RATES.input + output * RATES.output;

/** The upper one of two in the middle. */
export function median(values: readonly number[]): number {
	return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function medianError(pairs: readonly Pair[], of: (tokens: Pair['actual']) => number, factor = 1): number {
	return median(pairs.map(({ expected, actual }) => Math.abs(of(expected) * factor - of(actual)) / of(actual)));
}

function measureType(type: TaskType, pairs: readonly Pair[]): RecordedErrors {
	const corrector = new EstimateCorrector();
	const taught = pairs.filter((_, index) => index % 2 === 0);
	const asked = pairs.filter((_, index) => index % 2 === 1);
	for (const { expected, actual } of taught)
		corrector.observe({
			model: 'any',
			taskType: type,
			predicted: { cost: costOf(expected) },
			actual: { cost: costOf(actual) },
		});
	const factors = Array.from({ length: 500 }, (_, index) => 0.005 * 1.02 ** index);
	const [, usual] = TASK_TYPE_TRAITS[type].tokens;
	const outputOf = ({ output }: Pair['actual']): number => output;
	return {
		type,
		asked: asked.length,
		outputByType: median(asked.map(({ actual }) => Math.abs(usual - actual.output) / actual.output)),
		output: medianError(asked, outputOf),
		cost: medianError(asked, costOf),
		corrected: medianError(asked, costOf, corrector.factors('any', type)?.cost?.factor),
		best: Math.min(...factors.map((factor) => medianError(asked, costOf, factor))),
	};
}

/**
 * Expected tokens and cost beside those of recorded answers, by type of task. Most recordings are those of client libraries'
 * tests, short and of few kinds, of many models, some of which think: they say how an estimate fails, not how users' traffic is.
 */
export function measureRecorded(): RecordedErrors[] {
	const classifier = new TaskClassifier({ readTable: readTypeTable });
	const pairs = Array.from(readRecordedRequests(), (recorded) => toPair(classifier, recorded)).filter(
		(pair) => pair !== null,
	);
	return [...Map.groupBy(pairs, ({ type }) => type)]
		.filter(([, ofType]) => ofType.length >= MIN_RECORDINGS)
		.map(([type, ofType]) => measureType(type, ofType))
		.sort((one, other) => other.asked - one.asked);
}
