import { readFileSync } from 'node:fs';
import type { TaskInput } from '../../src/contracts/index.ts';
import { createSeededRandom } from '../../src/util/index.ts';

const CLASSIFY = new URL('../../src/classify/', import.meta.url);

/** Lines and pieces of every kind that the classifier tells apart, and some that exist to confuse it. */
const PIECES: readonly string[] = [
	'    at Object.<anonymous> (src/a.ts:12:3)',
	'TypeError: x is undefined',
	'Traceback (most recent call last):',
	'  File "a.py", line 3',
	'2026-01-02T03:04:05 started',
	'[ERROR] disk full',
	'npm ERR! code 1',
	'src/a.ts(3,4): error TS2322',
	' ✓ works',
	'✗ fails',
	'diff --git a/x b/x',
	'@@ -1,2 +1,3 @@',
	'+\tconst a = 1;',
	'-  old(line)',
	'+added(',
	'--- a/file',
	'import { a } from "b";',
	'from x import y',
	'export async function load() {',
	'const value = read(x);',
	'if (a) {',
	'} else if (b)',
	'return 42;',
	'});',
	'  done();',
	'a.b(c) = d;',
	'  12→const x',
	'7\tline',
	'<div class="a">text</div>',
	'"name": "value",',
	'#include <stdio.h>',
	'@Injectable()',
	'$ git status',
	'❯ npm test',
	'me@host:~/x$ ls',
	'>>> print(1)',
	'PS C:\\x> dir',
	'[Request interrupted by user]',
	'This session is being continued from a previous conversation',
	'Contents of a file',
	'[Image #1]',
	'Caveat: The messages below were generated',
	'```ts',
	'```',
	'~~~~',
	'    ```',
	'<system-reminder>',
	'</system-reminder>',
	'<file path="a.ts">',
	'</file>',
	'<task>',
	'</task>',
	'<user_query>',
	'</user_query>',
	'<unknown>',
	'<b>',
	'- first item',
	'* second item',
	'3. third item',
	'  12) item',
	'•\titem',
	'fix `a b` in getUser() of user-file.tsx',
	'12 + 5, 3 % of 7, 2×3',
	'src/index.ts.',
	"don't l'homme D’accord qu’est-ce rock'n'roll '' 'a",
	'ÀÉÎÕÜ ǅ Ḁ ﬁ ß İstanbul ſtraße K',
	'e\u0301 a\u0308 \u0300',
	'写代码修复错误，谢谢。',
	'テストを書いてください、お願いします！',
	'한국어 버그 수정',
	'Исправь ошибку в коде',
	'اكتب كود',
	'διόρθωσε',
	'תקן באג',
	'हिंदी में लिखो',
	'แก้บั๊ก',
	'ⅷ ½ ² ٣ 𝟙𝟚 𠀀𠀁 🎉👍🏽 \ud800 \udc00x',
	'\u0000',
	'a\u00a0b\u2028c\u2003d',
	'running classes tries dying tagged passes bus this need',
	'x'.repeat(60),
	'a1b2'.repeat(70),
	'word '.repeat(90),
	'snake_case_name camelCaseName CONST_NAME a.b.c 1.2.3 v2.0!',
	'«oui» “yes” …done；不是：是',
	'critical production outage, urgent: fix now! then step by step until it works',
];
const JOINTS = [' ', ' ', ' ', '\n', '\n', '\n\n', '\r\n', '\r', '. ', ', ', '', '\t', '  '];

function pick<T>(list: readonly T[], random: () => number): T {
	const picked = list[Math.floor(random() * list.length)];
	if (picked === undefined) throw new Error('there is nothing to pick from');
	return picked;
}

function wordsOf(source: readonly string[], random: () => number): string {
	const words = pick(source, random).split(' ');
	const from = Math.floor(random() * words.length);
	return words.slice(from, from + 1 + Math.floor(random() * 8)).join(' ');
}

function generateText(asks: readonly string[], random: () => number): string {
	const most = random() < 0.7 ? 8 : random() < 0.8 ? 60 : 400;
	let text = '';
	for (let count = 1 + Math.floor(random() * most); count > 0; count -= 1) {
		const kind = random();
		text += kind < 0.35 ? pick(asks, random) : kind < 0.6 ? wordsOf(asks, random) : pick(PIECES, random);
		text += pick(JOINTS, random);
	}
	return /[^\s\0]/.test(text) ? text : 'x';
}

function generateConversation(asks: readonly string[], random: () => number): TaskInput {
	const text = (): string => generateText(asks, random);
	const part = (): unknown =>
		pick(
			[
				{ type: 'text', text: text() },
				{ type: 'tool_result', content: text() },
				{ type: 'image' },
				{ text: text() },
				text(),
				null,
				7,
			],
			random,
		);
	const messages = Array.from({ length: 1 + Math.floor(random() * 9) }, () => ({
		role: pick(['user', 'user', 'assistant', 'tool'], random),
		content: random() < 0.5 ? text() : Array.from({ length: Math.floor(random() * 5) }, part),
	}));
	const tools = [{ name: 'read', description: text(), input_schema: { type: 'object', properties: { a: [1, true] } } }];
	return { messages, ...(random() < 0.5 ? { system: text() } : {}), ...(random() < 0.5 ? { tools } : {}) };
}

/** The labelled asks, the labelled conversations, and as many tasks of each kind made up from a seed. */
export function goldenTasks(count: number, seed = 5): TaskInput[] {
	const asks = readFileSync(new URL('labelled-asks.tsv', CLASSIFY), 'utf8')
		.trim()
		.split('\n')
		.map((line) => line.split('\t')[3] ?? '');
	const conversations = JSON.parse(readFileSync(new URL('labelled-conversations.json', CLASSIFY), 'utf8')) as {
		task: TaskInput;
	}[]; // the shape its own test reads
	const random = createSeededRandom(seed);
	return [
		...asks,
		...conversations.map(({ task }) => task),
		...Array.from({ length: count }, () => generateText(asks, random)),
		...Array.from({ length: Math.ceil(count / 4) }, () => generateConversation(asks, random)),
	];
}
