import { describe, expect, it } from 'vitest';
import { readTypeTable } from '../project.ts';
import { findRequest } from './read-request.ts';
import { TaskClassifier } from './task-classifier.ts';

const BEFORE =
	'For the last two years I have run a small bakery with my brother. We have four employees, two ovens, and a van that is older than I am. The shop opens at six, and most of our customers come on foot. On Saturdays there is a queue.';
const BEHIND =
	'The house stands on a hill, with a view over the bay. In the morning one hears the ferries, in the evening the piano of the neighbours. We moved here last summer, and the children like the garden.';

describe('an ask in the middle of a longer text is read', () => {
	const classifier = new TaskClassifier({ readTable: readTypeTable });

	it.each([
		['Write unit tests for the date parser.', 'testing'],
		['Please translate the text below into Spanish.', 'simple-task'],
		['Could you refactor the payment module so that retries are in one place?', 'refactoring'],
		['Write a poem about the sea.', 'creative'],
		['I need a Python script that renames my photos by date.', 'code-generation'],
		['Review this pull request for security problems.', 'code-review'],
		['What is the capital of Australia?', 'factual'],
		['Schreibe Unit-Tests für den Parser.', 'testing'],
		['Escribe un poema sobre el mar.', 'creative'],
		['Traduis ce texte en anglais.', 'simple-task'],
		['Напиши стихотворение о море.', 'creative'],
		['请帮我写一首关于大海的诗。', 'creative'],
		['海についての詩を書いてください。', 'creative'],
		['바다에 대한 시를 써 주세요.', 'creative'],
	])('%s', (ask, type) => {
		for (const text of [`${BEFORE}\n\n${ask}\n\n${BEHIND}`, `${BEFORE} ${ask} ${BEHIND}`])
			expect(classifier.classifyType(text)).toBe(type);
	});

	it('up to four thousand characters from the beginning', () => {
		const ask = 'Write unit tests for the date parser.';
		const text = `${`${BEFORE} `.repeat(10)}${ask} ${`${BEHIND} `.repeat(10)}`;
		expect(text.indexOf(ask)).toBeGreaterThan(2200);
		expect(text.length).toBeGreaterThan(4096);
		expect(classifier.classifyType(text)).toBe('testing');
	});
});

describe('the request in a text', () => {
	const requestIn = (text: string): string => {
		const { start, end } = findRequest(text);
		return text.slice(start, end).trim();
	};

	it.each([
		['a command', 'The van is old. Plan the route for tomorrow. It rains.', 'Plan the route for tomorrow.'],
		['a question', 'The van is old. How far is it to Lisbon? It rains.', 'How far is it to Lisbon?'],
		['a polite one', 'The van is old. Could you have a look at it? It rains.', 'Could you have a look at it?'],
		['a verb at the end', 'Araba eski. Bu metni kısaca özetle. Yağmur var.', 'Bu metni kısaca özetle.'],
		['one in Hindi', 'गाड़ी पुरानी है। इस लेख का सार लिखो। बारिश है।', 'इस लेख का सार लिखो।'],
		[
			'a wish, not the small talk behind it',
			'The van is old. I need a route for tomorrow. Bring an umbrella.',
			'I need a route for tomorrow.',
		],
		[
			'a question, not what is possible',
			'Our office can be reached until four. Which road is the shorter one? It rains.',
			'Which road is the shorter one?',
		],
		[
			'a command behind a semicolon',
			'It rains. The van has been in the yard for a year; please sell it for us. Fine.',
			'please sell it for us.',
		],
		['none in a quotation', '> Write it again.\nThe van is old. Plan the route.', 'Plan the route.'],
		['none in a limit', 'The van is old. Never write to her. Plan the route for us. Fine.', 'Plan the route for us.'],
	])('is found: %s', (_, text, request) => {
		expect(requestIn(text)).toBe(request);
	});

	it('is empty where nobody asks for anything', () => {
		expect(requestIn('The van is old. It rains.')).toBe('');
		expect(requestIn('')).toBe('');
	});
});
