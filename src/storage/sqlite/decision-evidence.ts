import {
	type CandidateRecord,
	type ClassificationFeature,
	type DecisionInputsRecord,
	type DecisionRecord,
	type Exclusion,
	TASK_TYPES,
	type TaskInputsRecord,
	type TaskType,
	type TokenInterval,
} from '../../contracts/index.ts';
import { StorageError } from '../../errors/index.ts';
import type { AddedTexts, DecisionTexts } from './decision-texts.ts';

/** What a decision was made from: eight tenths of what is stored of it. */
export type DecisionEvidence = Pick<DecisionRecord, 'candidates' | 'exclusions' | 'inputs' | 'features'>;

/** Of the record that the evidence belongs to: what it has in columns, the inputs need not say again. */
type RecordBeside = Pick<
	DecisionRecord,
	'id' | 'at' | 'taskType' | 'complexity' | 'pattern' | 'estimatedInputTokens' | 'estimatedOutputTokens' | 'workload'
>;

/** The first byte. Others are of later releases. */
const FORMAT = 1;

const HAS_CANDIDATES = 1;
const HAS_EXCLUSIONS = 2;
const HAS_INPUTS = 4;
const HAS_FEATURES = 8;
/** Texts are in UTF-16, as one of them holds half a character. */
const IS_UTF16 = 16;

/** The form, what there is, and where the texts begin. */
const HEADER_BYTES = 6;

/** Of a candidate: its points are hundredths up to 655.35 in two bytes each, else they are numbers of eight. */
const IS_SHORT = 1;
const HAS_PRICE = 2;
const HAS_OUTCOMES = 4;

/** Of an exclusion: its reason is the one before. */
const IS_AS_BEFORE = 1;

/** Of the inputs: what is said by the record, and what follows in its own form. */
const HAS_PROBABILITIES = 1;
const HAS_INPUT_INTERVAL = 2;
const HAS_OUTPUT_INTERVAL = 4;
const HAS_PREFIX = 8;
const IS_AS_RECORDED = 16;
const HAS_CHANCE = 32;

const MAX_INTEGER = 2 ** 50;

/** A bit that says whether something is so, or is there. */
const bitIf = (isSo: boolean, bit: number): number => (isSo ? bit : 0);

/** Appends to a buffer that is used again and again. */
class EvidenceWriter {
	#bytes = Buffer.allocUnsafeSlow(4096);
	#end = 0;
	/** Texts that stand in the evidence itself, one after the other. */
	#own = '';
	readonly #texts: DecisionTexts;
	#at = 0;
	#added: AddedTexts | null = null;

	constructor(texts: DecisionTexts) {
		this.#texts = texts;
	}

	start(at: number, added: AddedTexts): void {
		this.#end = HEADER_BYTES;
		this.#own = '';
		this.#at = at;
		this.#added = this.#texts.isRecent(at) ? added : null;
	}

	finish(flags: number): Uint8Array {
		const isWellFormed = this.#own.isWellFormed();
		this.#reserve(3 * this.#own.length);
		this.#bytes.writeUInt32LE(this.#end, 2);
		this.#end += this.#bytes.write(this.#own, this.#end, isWellFormed ? 'utf8' : 'utf16le');
		this.#bytes[0] = FORMAT;
		this.#bytes[1] = isWellFormed ? flags : flags | IS_UTF16;
		return Uint8Array.prototype.slice.call(this.#bytes, 0, this.#end);
	}

	#reserve(bytes: number): void {
		if (this.#end + bytes <= this.#bytes.length) return;
		const larger = Buffer.allocUnsafeSlow(2 * (this.#end + bytes));
		this.#bytes.copy(larger, 0, 0, this.#end);
		this.#bytes = larger;
	}

	byte(value: number): void {
		this.#reserve(1);
		this.#bytes[this.#end] = value;
		this.#end += 1;
	}

	/** A whole number from 0 below 2^53, seven bits a byte, the lowest first. */
	count(value: number): void {
		this.#reserve(8);
		let rest = value;
		for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
			this.#bytes[this.#end] = (rest % 0x80) | 0x80;
			this.#end += 1;
		}
		this.#bytes[this.#end] = rest;
		this.#end += 1;
	}

	/** Any number, to the last bit: whole ones and thousandths in a few bytes. */
	number(value: number): void {
		const thousandths = Math.round(value * 1000);
		if (Number.isInteger(value) && value >= 0 && value < MAX_INTEGER && !Object.is(value, -0)) this.count(value * 4);
		else if (thousandths > 0 && thousandths < MAX_INTEGER && thousandths / 1000 === value)
			this.count(thousandths * 4 + 1);
		else {
			this.count(2);
			this.double(value);
		}
	}

	double(value: number): void {
		this.#reserve(8);
		this.#end = this.#bytes.writeDoubleLE(value, this.#end);
	}

	short(value: number): void {
		this.#reserve(2);
		this.#bytes[this.#end] = value & 0xff;
		this.#bytes[this.#end + 1] = value >>> 8;
		this.#end += 2;
	}

	list<Item>(items: readonly Item[] | undefined, write: (writer: EvidenceWriter, item: Item) => void): void {
		if (items === undefined) return;
		this.count(items.length);
		for (const item of items) write(this, item);
	}

	/** A text that stands here. */
	ownText(text: string): void {
		this.count(text.length);
		this.#own += text;
	}

	/** A text that other decisions have too. */
	sharedText(text: string): void {
		const id = this.#added === null ? 0 : this.#texts.find(text, this.#at, this.#added);
		this.count(id);
		if (id === 0) this.ownText(text);
	}
}

/** A candidate's points, in the order in which they are stored: of one at a time. */
const points = new Float64Array(9);

/** Whether each can be said in two bytes, as hundredths. */
function areShort(): boolean {
	// a loop over the elements would take twice as long
	for (let index = 0; index < points.length; index += 1) {
		const value = points[index] ?? 0;
		const hundredths = Math.round(value * 100);
		if (hundredths / 100 !== value || hundredths < 0 || hundredths > 0xffff || Object.is(value, -0)) return false;
	}
	return true;
}

function writeCandidate(writer: EvidenceWriter, candidate: CandidateRecord): void {
	const { estimatedCompletionMs, estimatedCostNanoUsd, model, predictedQuality, scores, totalScore } = candidate;
	const { outcomes } = predictedQuality;
	points[0] = totalScore;
	points[1] = scores.capabilityMatch;
	points[2] = scores.costEfficiency;
	points[3] = scores.latency;
	points[4] = scores.quality;
	points[5] = scores.historicalPerformance;
	points[6] = predictedQuality.value;
	points[7] = predictedQuality.low;
	points[8] = predictedQuality.high;
	const isShort = areShort();
	const hasPrice = bitIf(estimatedCostNanoUsd !== null, HAS_PRICE);
	writer.byte(bitIf(isShort, IS_SHORT) | hasPrice | bitIf(outcomes !== undefined, HAS_OUTCOMES));
	writer.sharedText(model);
	for (let index = 0; index < points.length; index += 1) {
		const value = points[index] ?? 0;
		if (isShort) writer.short(Math.round(value * 100));
		else writer.double(value);
	}
	if (estimatedCostNanoUsd !== null) writer.number(estimatedCostNanoUsd);
	writer.number(estimatedCompletionMs);
	if (outcomes !== undefined) writer.number(outcomes);
}

/** Which types have a probability, a bit each; 0 where they are not in the order of the types, which is the one they are read in. */
function toTypeBits(probabilities: NonNullable<TaskInputsRecord['typeProbabilities']>): number {
	let bits = 0;
	let last = -1;
	for (const type in probabilities) {
		// any name, where somebody made the descriptor by hand: -1 is refused below
		const index = TASK_TYPES.indexOf(type as TaskType);
		if (index <= last || probabilities[type as TaskType] === undefined) return 0;
		bits |= 1 << index;
		last = index;
	}
	return bits;
}

function isAsRecorded(task: TaskInputsRecord, beside: RecordBeside): boolean {
	return (
		task.type === beside.taskType &&
		task.complexity === beside.complexity &&
		task.pattern === beside.pattern &&
		task.estimatedInputTokens === beside.estimatedInputTokens &&
		task.estimatedOutputTokens === beside.estimatedOutputTokens &&
		task.workload === beside.workload
	);
}

function writeInterval(writer: EvidenceWriter, interval: TokenInterval | undefined): void {
	if (interval === undefined) return;
	writer.number(interval.low);
	writer.number(interval.high);
}

/** What differs from request to request has its own form; what is left is one of few texts. */
function writeInputs(writer: EvidenceWriter, { task, chance, ...context }: DecisionInputsRecord, beside: RecordBeside) {
	const { type, complexity, pattern, estimatedInputTokens, estimatedOutputTokens, workload, ...others } = task;
	const { inputTokensInterval, outputTokensInterval, typeProbabilities, cachedPrefix, ...rest } = others;
	const isRepeated = isAsRecorded(task, beside);
	const typeBits = typeProbabilities === undefined ? 0 : toTypeBits(typeProbabilities);
	writer.byte(
		bitIf(typeBits !== 0, HAS_PROBABILITIES) |
			bitIf(inputTokensInterval !== undefined, HAS_INPUT_INTERVAL) |
			bitIf(outputTokensInterval !== undefined, HAS_OUTPUT_INTERVAL) |
			bitIf(cachedPrefix !== undefined, HAS_PREFIX) |
			bitIf(isRepeated, IS_AS_RECORDED) |
			bitIf(chance !== undefined, HAS_CHANCE),
	);
	if (typeBits !== 0) {
		writer.short(typeBits);
		for (const name in typeProbabilities) writer.double(typeProbabilities[name as TaskType] ?? 0);
	}
	writeInterval(writer, inputTokensInterval);
	writeInterval(writer, outputTokensInterval);
	if (cachedPrefix !== undefined) writer.ownText(JSON.stringify(cachedPrefix));
	const said = typeBits === 0 ? { ...rest, typeProbabilities } : rest;
	const recorded = { type, complexity, pattern, estimatedInputTokens, estimatedOutputTokens, workload };
	writer.sharedText(JSON.stringify(isRepeated ? said : { ...recorded, ...said }));
	writer.sharedText(JSON.stringify(context));
	if (chance !== undefined) writer.ownText(JSON.stringify(chance));
}

/** Models are often excluded one after the other for the same reason, in words that are made anew each time and long to look up. */
function writeExclusions(writer: EvidenceWriter, exclusions: readonly Exclusion[]): void {
	writer.count(exclusions.length);
	let before: Exclusion | undefined;
	for (const exclusion of exclusions) {
		const { message, model, reason } = exclusion;
		const isSame = before !== undefined && message === before.message && reason === before.reason;
		before = exclusion;
		writer.sharedText(model);
		writer.byte(bitIf(isSame, IS_AS_BEFORE));
		if (isSame) continue;
		writer.sharedText(reason);
		writer.sharedText(message);
	}
}

function writeFeature(writer: EvidenceWriter, { name, target, weight }: ClassificationFeature): void {
	writer.ownText(name);
	writer.sharedText(target);
	writer.number(weight);
}

/** Packs the evidence of a decision; `added` gets the texts that it refers to. `null`: there is none. Only inside a write. */
type PackEvidence = (record: DecisionEvidence & RecordBeside, added: AddedTexts) => Uint8Array | null;

/** Makes what packs the evidence of decisions. */
export function createEvidencePacker(texts: DecisionTexts): PackEvidence {
	const writer = new EvidenceWriter(texts);
	return (record, added) => {
		const { candidates, exclusions, features, inputs } = record;
		const flags =
			bitIf(candidates !== undefined, HAS_CANDIDATES) |
			bitIf(exclusions !== undefined, HAS_EXCLUSIONS) |
			bitIf(inputs !== undefined, HAS_INPUTS) |
			bitIf(features !== undefined, HAS_FEATURES);
		if (flags === 0) return null;
		writer.start(record.at, added);
		writer.list(candidates, writeCandidate);
		if (exclusions !== undefined) writeExclusions(writer, exclusions);
		if (inputs !== undefined) writeInputs(writer, inputs, record);
		writer.list(features, writeFeature);
		return writer.finish(flags);
	};
}

/** Reads what `EvidenceWriter` wrote, in the same order. */
class EvidenceReader {
	readonly flags: number;
	readonly #bytes: Buffer;
	readonly #texts: DecisionTexts;
	readonly #own: string;
	#at = HEADER_BYTES;
	#ownAt = 0;

	/** @throws RangeError for bytes of another form */
	constructor({ buffer, byteLength, byteOffset }: Uint8Array, texts: DecisionTexts) {
		this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
		this.#texts = texts;
		const format = this.#bytes.readUInt8(0);
		if (format !== FORMAT) throw new RangeError(`it has the form ${format}, and only ${FORMAT} is known here`);
		this.flags = this.#bytes.readUInt8(1);
		this.#own = this.#bytes.toString(this.flags & IS_UTF16 ? 'utf16le' : 'utf8', this.#bytes.readUInt32LE(2));
	}

	byte(): number {
		return this.#bytes.readUInt8(this.#at++);
	}

	count(): number {
		let value = 0;
		for (let unit = 1; ; unit *= 0x80) {
			const byte = this.byte();
			value += (byte & 0x7f) * unit;
			if (byte < 0x80) return value;
		}
	}

	number(): number {
		const value = this.count();
		const rest = Math.floor(value / 4);
		return value % 4 === 0 ? rest : value % 4 === 1 ? rest / 1000 : this.double();
	}

	double(): number {
		this.#at += 8;
		return this.#bytes.readDoubleLE(this.#at - 8);
	}

	short(): number {
		this.#at += 2;
		return this.#bytes.readUInt16LE(this.#at - 2);
	}

	ownText(): string {
		const length = this.count();
		this.#ownAt += length;
		return this.#own.slice(this.#ownAt - length, this.#ownAt);
	}

	sharedText(): string {
		const id = this.count();
		if (id === 0) return this.ownText();
		const text = this.#texts.read(id);
		if (text === null) throw new RangeError(`the text ${id} is not in decision_texts`);
		return text;
	}

	list<Item>(read: () => Item): Item[] {
		return Array.from({ length: this.count() }, read);
	}
}

function readCandidate(reader: EvidenceReader): CandidateRecord {
	const flags = reader.byte();
	const model = reader.sharedText();
	const readPoints = () => (flags & IS_SHORT ? reader.short() / 100 : reader.double());
	// members are read in the order in which they stand here
	const candidate = {
		model,
		totalScore: readPoints(),
		scores: {
			capabilityMatch: readPoints(),
			costEfficiency: readPoints(),
			latency: readPoints(),
			quality: readPoints(),
			historicalPerformance: readPoints(),
		},
		predictedQuality: { value: readPoints(), low: readPoints(), high: readPoints() },
		estimatedCostNanoUsd: flags & HAS_PRICE ? reader.number() : null,
		estimatedCompletionMs: reader.number(),
	};
	if ((flags & HAS_OUTCOMES) === 0) return candidate;
	return { ...candidate, predictedQuality: { ...candidate.predictedQuality, outcomes: reader.number() } };
}

function readExclusions(reader: EvidenceReader): Exclusion[] {
	let why = { reason: '', message: '' };
	return reader.list(() => {
		const model = reader.sharedText();
		const isSame = (reader.byte() & IS_AS_BEFORE) !== 0;
		if (!isSame) why = { reason: reader.sharedText(), message: reader.sharedText() };
		// a word of a later release is shown rather than refused
		return { model, ...why } as Exclusion;
	});
}

function readInputs(reader: EvidenceReader, beside: RecordBeside): DecisionInputsRecord {
	const flags = reader.byte();
	const bits = flags & HAS_PROBABILITIES ? reader.short() : 0;
	const types = TASK_TYPES.filter((_, index) => bits & (1 << index));
	const typeProbabilities = Object.fromEntries(types.map((type) => [type, reader.double()]));
	const readInterval = (): TokenInterval => ({ low: reader.number(), high: reader.number() });
	const intervals = {
		...(flags & HAS_INPUT_INTERVAL && { inputTokensInterval: readInterval() }),
		...(flags & HAS_OUTPUT_INTERVAL && { outputTokensInterval: readInterval() }),
	};
	const prefix = flags & HAS_PREFIX ? reader.ownText() : null;
	const rest = reader.sharedText();
	const context = reader.sharedText();
	const chance = flags & HAS_CHANCE ? reader.ownText() : null;
	const { complexity, estimatedInputTokens, estimatedOutputTokens, pattern, taskType, workload } = beside;
	const recorded = { type: taskType, complexity, pattern, estimatedInputTokens, estimatedOutputTokens };
	const task = {
		...(flags & IS_AS_RECORDED && { ...recorded, ...(workload !== undefined && { workload }) }),
		...JSON.parse(rest),
		...intervals,
		...(prefix !== null && { cachedPrefix: JSON.parse(prefix) }),
		...(bits !== 0 && { typeProbabilities }),
	} as TaskInputsRecord; // as it was written
	return { task, ...(chance !== null && { chance: JSON.parse(chance) }), ...JSON.parse(context) };
}

/** The evidence of a decision as it was written. @throws StorageError `corrupt` for bytes that cannot be read */
export function unpackEvidence(bytes: Uint8Array, beside: RecordBeside, texts: DecisionTexts): DecisionEvidence {
	try {
		return readEvidence(new EvidenceReader(bytes, texts), beside);
	} catch (error) {
		if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
		const message = `Column "evidence" of the decision "${beside.id}" cannot be read: ${error.message}. Set it to NULL with the sqlite3 shell, and the decision is shown without what it was made from.`;
		throw new StorageError('corrupt', message);
	}
}

function readEvidence(reader: EvidenceReader, beside: RecordBeside): DecisionEvidence {
	const { flags } = reader;
	return {
		...(flags & HAS_CANDIDATES && { candidates: reader.list(() => readCandidate(reader)) }),
		...(flags & HAS_EXCLUSIONS && { exclusions: readExclusions(reader) }),
		...(flags & HAS_INPUTS && { inputs: readInputs(reader, beside) }),
		...(flags & HAS_FEATURES && { features: reader.list(() => readFeature(reader)) }),
	};
}

function readFeature(reader: EvidenceReader): ClassificationFeature {
	const [name, target] = [reader.ownText(), reader.sharedText()];
	return { name, target, weight: reader.number() };
}
