import { TASK_TYPES, type TaskType } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import {
	checkText,
	findUnknownKeys,
	formatPath,
	isObject,
	type JsonObject,
	listCheck,
	mustBe,
	numberCheck,
	objectCheck,
	optionalCheck,
	stableHash,
	type ValueCheck,
	wordCheck,
} from '../util/index.ts';

/** One message of a task's conversation. */
export interface TaskMessage {
	role: 'system' | 'user' | 'assistant';
	content: string;
}

/** How it is found out whether an answer is right. */
export type TaskCheck =
	| { kind: 'match'; accepted: readonly string[] }
	| { kind: 'regex'; pattern: string; flags: string }
	| { kind: 'schema'; schema: JsonObject }
	| { kind: 'command'; command: readonly string[] }
	| { kind: 'judge'; criteria: string | undefined };

/** An answer that the user has rated. */
export interface RatedAnswer {
	answer: string;
	/** 1 to 5. */
	rating: number;
}

/** A task that models are compared on. */
export interface EvaluationTask {
	id: string;
	messages: readonly TaskMessage[];
	/** @default as the classifier says */
	type?: TaskType | undefined;
	/** What the task hangs together with: tasks of one conversation count as one where intervals are made. */
	conversation: string;
	check: TaskCheck;
	hash: string;
}

/** Two answers that the user has rated: no model is asked, the judge is compared with the ratings. */
export interface RatedTask extends Pick<EvaluationTask, 'id' | 'messages' | 'conversation' | 'hash'> {
	rated: readonly [RatedAnswer, RatedAnswer];
}

/** What a file of tasks holds. */
export interface TaskFile {
	tasks: EvaluationTask[];
	rated: RatedTask[];
}

/** Lines of a file at most. */
export const MAX_TASKS = 10_000;
/** Characters of one line at most. */
const MAX_LINE_CHARACTERS = 1_048_576;
/** Characters of an id or the name of a conversation at most. */
const MAX_NAME_CHARACTERS = 200;
/** Problems that are named at once. */
const MAX_PROBLEMS = 5;

const checkName = mustBe(
	`a text of 1 to ${MAX_NAME_CHARACTERS} characters`,
	(value) => typeof value === 'string' && value.trim() !== '' && value.length <= MAX_NAME_CHARACTERS,
);
const checkMessages: ValueCheck = (value, path) => {
	const issues = listCheck(
		'messages',
		objectCheck({ role: wordCheck(['system', 'user', 'assistant']), content: checkText }),
		1000,
	)(value, path);
	const last: unknown = Array.isArray(value) ? value.at(-1) : undefined;
	if (issues.length > 0 || (isObject(last) && last['role'] === 'user')) return issues;
	return [{ path, message: 'must end with a message of the user' }];
};
const checkRated: ValueCheck = (value, path) => {
	const issues = listCheck('answers', objectCheck({ answer: checkText, rating: numberCheck(1, 5, true) }))(value, path);
	return issues.length > 0 || (Array.isArray(value) && value.length === 2)
		? issues
		: [{ path, message: 'must be two answers with their ratings' }];
};

const isCommand = (value: unknown): boolean =>
	Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string' && word !== '');

/** Every check there may be: what its value must be, and what it becomes. */
const CHECK_KINDS: Readonly<
	Record<TaskCheck['kind'], { check: ValueCheck; read: (value: never, check: JsonObject) => TaskCheck }>
> = {
	match: {
		check: mustBe(
			'a text, or a list of texts',
			(value) =>
				[value].flat().every((text) => typeof text === 'string' && text.trim() !== '') && [value].flat().length > 0,
		),
		read: (value: string | string[]) => ({ kind: 'match', accepted: [value].flat() }),
	},
	regex: {
		check: checkText,
		read: (pattern: string, { flags }) => ({ kind: 'regex', pattern, flags: typeof flags === 'string' ? flags : '' }),
	},
	schema: { check: mustBe('a JSON schema', isObject), read: (schema: JsonObject) => ({ kind: 'schema', schema }) },
	command: {
		check: mustBe('a list of the program and its arguments', isCommand),
		read: (command: string[]) => ({ kind: 'command', command }),
	},
	judge: {
		check: mustBe(
			'true, or a text that says what counts',
			(value) => value === true || checkText(value, []).length === 0,
		),
		read: (value: string | true) => ({ kind: 'judge', criteria: value === true ? undefined : value }),
	},
};
const KINDS = Object.keys(CHECK_KINDS) as Array<TaskCheck['kind']>;

const checkCheck: ValueCheck = (value, path) => {
	if (value === undefined)
		return [
			{ path, message: `is missing. Say how an answer is checked: {"match": "42"}, or one of ${KINDS.join(', ')}` },
		];
	if (!isObject(value)) return mustBe('an object', () => false)(value, path);
	const [kind, ...others] = KINDS.filter((name) => name in value);
	if (kind === undefined || others.length > 0)
		return [{ path, message: `must have exactly one of ${KINDS.join(', ')}` }];
	const unknown = findUnknownKeys(Object.keys(value), kind === 'regex' ? ['regex', 'flags'] : [kind], path);
	const issues = [...unknown, ...CHECK_KINDS[kind].check(value[kind], [...path, kind])];
	if (kind !== 'regex' || issues.length > 0) return issues;
	const { flags = '' } = value;
	if (typeof flags !== 'string') return mustBe('a text such as "i"', () => false)(flags, [...path, 'flags']);
	try {
		new RegExp(String(value['regex']), flags);
		return [];
	} catch (error) {
		return [{ path: [...path, 'regex'], message: `is no regular expression (${String(error)})` }];
	}
};

const FIELDS = ['id', 'prompt', 'messages', 'type', 'conversation', 'check', 'rated'];
const checkLine = objectCheck(
	{
		id: checkName,
		prompt: optionalCheck(checkText),
		messages: optionalCheck(checkMessages),
		type: optionalCheck(wordCheck(TASK_TYPES)),
		conversation: optionalCheck(checkName),
		rated: optionalCheck(checkRated),
	},
	'an object',
);

/** A line whose fields have passed. */
interface TaskLine {
	id: string;
	prompt?: string;
	messages?: TaskMessage[];
	type?: TaskType;
	conversation?: string;
	check?: JsonObject;
	rated?: [RatedAnswer, RatedAnswer];
}

function findProblems(value: unknown): string[] {
	const issues = checkLine(value, []);
	if (isObject(value)) {
		issues.push(...findUnknownKeys(Object.keys(value), FIELDS, []));
		if ((value['prompt'] === undefined) === (value['messages'] === undefined))
			issues.push({ path: ['prompt'], message: 'or "messages" must be there, one of them' });
		if (value['rated'] === undefined) issues.push(...checkCheck(value['check'], ['check']));
		else if (value['check'] !== undefined)
			issues.push({ path: ['check'], message: 'has no use beside "rated": no model is asked. Leave one of them out' });
	}
	return issues.map(({ message, path }) => `${path.length === 0 ? 'it' : `"${formatPath(path)}"`} ${message}`);
}

function readLine(line: TaskLine): EvaluationTask | RatedTask {
	const { check = {}, conversation, id, prompt = '', rated, type } = line;
	const messages = line.messages ?? [{ role: 'user' as const, content: prompt }];
	const task = { id, messages, conversation: conversation ?? id, hash: stableHash(line) };
	if (rated !== undefined) return { ...task, rated };
	const kind = KINDS.find((name) => name in check) ?? 'judge';
	// its own check has passed it
	return { ...task, type, check: CHECK_KINDS[kind].read(check[kind] as never, check) };
}

/** What a line holds, or all that is wrong with it. */
function parseLine(text: string): { task: EvaluationTask | RatedTask } | { problems: string[] } {
	if (text.length > MAX_LINE_CHARACTERS) return { problems: [`it is over ${MAX_LINE_CHARACTERS} characters long`] };
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return { problems: ['it is no JSON. Each line must be one JSON object'] };
	}
	const problems = findProblems(value);
	return problems.length > 0 ? { problems } : { task: readLine(value as TaskLine) }; // its fields have passed
}

/**
 * Reads the tasks of a file, one JSON object in each line; empty lines are passed over.
 * @throws InvalidInputError with the lines that are wrong, what is wrong there, and what to write instead
 */
export function parseTaskFile(text: string, name: string): TaskFile {
	const file: TaskFile = { tasks: [], rated: [] };
	const problems: string[] = [];
	const lineOf = new Map<string, number>();
	for (const [index, content] of text
		.replace(/^\uFEFF/, '')
		.split('\n')
		.entries()) {
		if (content.trim() === '') continue;
		const line = parseLine(content);
		const report = (problem: string) => problems.push(`line ${index + 1}: ${problem}`);
		if ('problems' in line) {
			line.problems.forEach(report);
			continue;
		}
		const { task } = line;
		const earlier = lineOf.get(task.id);
		if (earlier !== undefined) report(`the id ${JSON.stringify(task.id)} is that of line ${earlier} too`);
		lineOf.set(task.id, index + 1);
		if ('rated' in task) file.rated.push(task);
		else file.tasks.push(task);
	}
	checkFile(file, problems, name);
	return file;
}

/** @throws InvalidInputError */
function checkFile({ rated, tasks }: TaskFile, problems: readonly string[], name: string): void {
	if (problems.length > 0) {
		const more = problems.length > MAX_PROBLEMS ? [`and ${problems.length - MAX_PROBLEMS} more`] : [];
		throw new InvalidInputError(`${name}: ${[...problems.slice(0, MAX_PROBLEMS), ...more].join('; ')}.`);
	}
	const count = tasks.length + rated.length;
	if (count > MAX_TASKS)
		throw new InvalidInputError(`${name} has ${count} tasks; a run takes at most ${MAX_TASKS}. Split it.`);
	if (tasks.length === 0)
		throw new InvalidInputError(
			`${name} has no tasks. Write one JSON object in each line: {"id": "sum", "prompt": "What is 2 + 2?", "check": {"match": "4"}}.`,
		);
}

/** What a task asks, as a judge reads it. */
export function formatAsk({ messages }: Pick<EvaluationTask, 'messages'>): string {
	const [first, ...others] = messages;
	if (first !== undefined && others.length === 0) return first.content;
	return messages.map(({ content, role }) => `${role}: ${content}`).join('\n\n');
}
