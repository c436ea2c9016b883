// Multinomial logistic regression over sparse features (AdaGrad, L2), deterministic.

/** One text as the model sees it: features with their values, and what the lexicon says of it. */
export interface Example {
	features: Int32Array;
	values: Float32Array;
	/** Index of its type. */
	type: number;
	/** Added to the sum of each type. */
	offsets: Float64Array;
	weight: number;
}

export interface FitOptions {
	types: number;
	features: number;
	passes: number;
	rate: number;
	/** L2 penalty, with each use of a feature. */
	penalty: number;
}

export interface Weights {
	/** By feature and type. */
	weights: Float64Array;
	bias: Float64Array;
}

/** Sums per type → probabilities, in place. */
export function toProbabilities(sums: Float64Array, temperature = 1): Float64Array {
	const highest = Math.max(...sums);
	let total = 0;
	for (let type = 0; type < sums.length; type += 1) {
		const power = Math.exp(((sums[type] as number) - highest) / temperature);
		sums[type] = power;
		total += power;
	}
	for (let type = 0; type < sums.length; type += 1) sums[type] = (sums[type] as number) / total;
	return sums;
}

export function sumExample({ features, values, offsets }: Example, { weights, bias }: Weights): Float64Array {
	const types = bias.length;
	const sums = Float64Array.from(offsets, (offset, type) => offset + (bias[type] as number));
	for (let index = 0; index < features.length; index += 1) {
		const row = (features[index] as number) * types;
		const value = values[index] as number;
		for (let type = 0; type < types; type += 1)
			sums[type] = (sums[type] as number) + value * (weights[row + type] as number);
	}
	return sums;
}

/** A small generator (LCG): the same order on every machine. */
function createRandom(): () => number {
	let state = 1;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}

function shuffle(order: Int32Array, random: () => number): void {
	for (let at = order.length - 1; at > 0; at -= 1) {
		const other = Math.floor(random() * (at + 1));
		const kept = order[at] as number;
		order[at] = order[other] as number;
		order[other] = kept;
	}
}

export function fitWeights(
	examples: readonly Example[],
	{ types, features, passes, rate, penalty }: FitOptions,
): Weights {
	const weights = new Float64Array(features * types);
	const squares = new Float64Array(features * types).fill(1e-2);
	const bias = new Float64Array(types);
	const biasSquares = new Float64Array(types).fill(1e-2);
	const model = { weights, bias };
	const order = Int32Array.from(examples.keys());
	const random = createRandom();
	const step = (example: Example): void => {
		const errors = toProbabilities(sumExample(example, model));
		errors[example.type] = (errors[example.type] as number) - 1;
		for (let type = 0; type < types; type += 1) {
			const slope = (errors[type] as number) * example.weight;
			const square = (biasSquares[type] as number) + slope * slope;
			biasSquares[type] = square;
			bias[type] = (bias[type] as number) - (rate * slope) / Math.sqrt(square);
		}
		for (let index = 0; index < example.features.length; index += 1) {
			const row = (example.features[index] as number) * types;
			const value = (example.values[index] as number) * example.weight;
			for (let type = 0; type < types; type += 1) {
				const at = row + type;
				const slope = (errors[type] as number) * value + penalty * (weights[at] as number);
				const square = (squares[at] as number) + slope * slope;
				squares[at] = square;
				weights[at] = (weights[at] as number) - (rate * slope) / Math.sqrt(square);
			}
		}
	};
	for (let pass = 0; pass < passes; pass += 1) {
		shuffle(order, random);
		for (const at of order) step(examples[at] as Example);
	}
	return model;
}
