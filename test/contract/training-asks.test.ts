import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasPublicData, readOwnRows, readPublicRows } from '../../scripts/train/data.ts';
import { TASK_TYPES } from '../../src/contracts/index.ts';

/** The asks that train the classifier and those that judge it: `scripts/train/asks/README.md`. */
const FOLDER = new URL('../../scripts/train/asks/', import.meta.url);
const LABELLED = new URL('../../src/classify/labelled-asks.tsv', import.meta.url);
const HELD_OUT = 'held-out.tsv';
const REGISTERS = ['chat', 'agent', 'vague', 'precise', 'short', 'long'];
const LANGUAGES = ['en', 'zh', 'hi', 'ar', 'pl', 'tr', 'ko', 'ru', 'es', 'fr', 'de', 'ja', 'pt'];
/** Types of which public sets have few asks. */
const THIN = ['simple-task', 'analysis', 'planning', 'coordination', 'architecture', 'code-review'];

interface Ask {
	place: string;
	language: string;
	type: string;
	register: string;
	text: string;
}

function readRows(url: URL): Array<{ place: string; columns: string[] }> {
	const lines = readFileSync(url, 'utf8').split('\n');
	expect(lines.pop(), `${url.pathname} ends with a line break`).toBe('');
	return lines.map((line, index) => ({
		place: `${url.pathname.split('/').at(-1)}:${index + 1}`,
		columns: line.split('\t'),
	}));
}

function readAsks(file: string): Ask[] {
	return readRows(new URL(file, FOLDER)).map(({ place, columns }) => {
		const [language = '', type = '', register = '', text = '', ...more] =
			file === HELD_OUT ? columns : [file.replace('.tsv', ''), ...columns];
		expect(more, place).toEqual([]);
		return { place, language, type, register, text };
	});
}

/** What two asks share that differ in capitals, spaces and punctuation only. */
function normalize(text: string): string {
	const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu);
	return words === null ? text : words.join(' ');
}

const files = readdirSync(FOLDER).filter((file) => file.endsWith('.tsv'));
const training = files.filter((file) => file !== HELD_OUT).flatMap(readAsks);
const heldOut = readAsks(HELD_OUT);
const count = (asks: readonly Ask[], language: string, type?: string): number =>
	asks.filter((ask) => ask.language === language && (type === undefined || ask.type === type)).length;

describe('asks that train the classifier', () => {
	it('train nothing but the types and languages they name', () => {
		for (const { place, language, type, register, text } of [...training, ...heldOut]) {
			expect(TASK_TYPES, place).toContain(type);
			expect(LANGUAGES, place).toContain(language);
			expect(REGISTERS, place).toContain(register);
			expect(text, place).toMatch(/^\S(?:.*\S)?$/u);
		}
	});

	it('leave no type and no language to a handful of examples', () => {
		for (const type of TASK_TYPES) {
			expect(count(training, 'en', type), `en ${type}`).toBeGreaterThanOrEqual(THIN.includes(type) ? 60 : 40);
			for (const language of LANGUAGES)
				expect(count(training, language, type), `${language} ${type}`).toBeGreaterThanOrEqual(5);
		}
		for (const language of LANGUAGES) expect(count(training, language), language).toBeGreaterThanOrEqual(65);
		expect(count(training, 'zh')).toBeGreaterThanOrEqual(150);
	});

	it('hold every language and type among the asks that judge', () => {
		expect(heldOut.length).toBeGreaterThanOrEqual(250);
		for (const type of TASK_TYPES)
			for (const language of LANGUAGES)
				expect(count(heldOut, language, type), `${language} ${type}`).toBeGreaterThanOrEqual(1);
	});

	it('never train on an ask that judges, and hold none twice', () => {
		const labelled = readRows(LABELLED).map(({ place, columns }) => ({ place, text: columns[3] ?? '' }));
		const places = new Map(labelled.map(({ place, text }) => [normalize(text), place]));
		for (const { place, text } of [...training, ...heldOut]) {
			expect(places.get(normalize(text)), `${place} "${text}" stands here too`).toBeUndefined();
			places.set(normalize(text), place);
		}
	});

	it('never train on a phrase that is an ask that judges: its score would be of what was learned by heart', () => {
		const judging = new Set(heldOut.map(({ text }) => normalize(text)));
		const phrases = readRows(new URL('../phrases.tsv', FOLDER));
		expect(phrases.filter(({ columns }) => judging.has(normalize(columns[2] ?? '')))).toEqual([]);
	});

	it.skipIf(!hasPublicData())('are no rows of a public source that is called unseen (skipped: no public rows)', () => {
		const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{M}\p{N}_]+/gu) ?? [];
		const openingOf = (text: string): string => wordsOf(text).slice(0, 5).join(' ');
		const published = readPublicRows();
		const whole = new Set(published.map(({ text }) => wordsOf(text).join(' ')));
		const openings = new Set(
			published.filter(({ text }) => wordsOf(text).length >= 5).map(({ text }) => openingOf(text)),
		);
		const known = readOwnRows()
			.filter(({ isCopy }) => isCopy !== true)
			.map(({ text }) => text)
			.filter(
				(text) => whole.has(wordsOf(text).join(' ')) || (wordsOf(text).length >= 5 && openings.has(openingOf(text))),
			);
		expect(known).toEqual([]);
	});
});
