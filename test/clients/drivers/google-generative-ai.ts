import type { ClientDriver, ClientResult, ClientTask } from '../client-driver.ts';
import { createTools, importFrom, joinPrompt, MAX_TURNS, NO_AGENTS, readPicture, runTool } from '../library.ts';

interface Answer {
	text(): string;
	functionCalls(): ReadonlyArray<{ name: string; args: unknown }> | undefined;
	candidates?: ReadonlyArray<{ content: object }>;
}

interface Model {
	generateContent(request: object, options: { signal: AbortSignal }): Promise<{ response: Answer }>;
	generateContentStream(
		request: object,
		options: { signal: AbortSignal },
	): Promise<{ stream: AsyncIterable<Answer>; response: Promise<Answer> }>;
}

interface GenerativeAi {
	GoogleGenerativeAI: new (key: string) => { getGenerativeModel(model: object, options: { baseUrl: string }): Model };
}

async function send(
	model: Model,
	contents: readonly object[],
	{ isStreamed, signal, thinks }: ClientTask,
): Promise<Answer> {
	// it leaves the signatures of thoughts out of a streamed answer
	if (!isStreamed || thinks) return (await model.generateContent({ contents }, { signal })).response;
	const { stream, response } = await model.generateContentStream({ contents }, { signal });
	for await (const chunk of stream) chunk.text();
	return await response;
}

/** Holds the conversation; the library's own chat forgets a streamed answer that is nothing but a call. */
async function converse(model: Model, task: ClientTask): Promise<ClientResult> {
	const tools = createTools(task);
	const picture =
		task.picture === null ? [] : [{ inlineData: { mimeType: 'image/png', data: readPicture(task.picture) } }];
	const contents: object[] = [{ role: 'user', parts: [{ text: joinPrompt(task) }, ...picture] }];
	for (let turn = 0; turn < MAX_TURNS; turn += 1) {
		const answer = await send(model, contents, task);
		const calls = answer.functionCalls() ?? [];
		if (calls.length === 0) return { text: answer.text(), isError: false };
		const parts: object[] = [];
		for (const { name, args } of calls) {
			parts.push({ functionResponse: { name, response: { result: await runTool(tools, name, args) } } });
		}
		contents.push(answer.candidates?.[0]?.content ?? {}, { role: 'user', parts });
	}
	throw new Error(`the conversation did not end after ${MAX_TURNS} turns`);
}

export const driver: ClientDriver = {
	title: '@google/generative-ai',
	company: 'google',
	kind: 'library',
	cannot: { subagent: NO_AGENTS },
	run: async (task) => {
		const { GoogleGenerativeAI } = await importFrom<GenerativeAi>(task.installed, '@google/generative-ai');
		const functionDeclarations = createTools(task).map(({ name, description, parameters }) => ({
			name,
			description,
			parameters,
		}));
		const model = new GoogleGenerativeAI(task.key).getGenerativeModel(
			{
				model: task.model,
				...(task.hasTools ? { tools: [{ functionDeclarations }] } : {}),
				...(task.thinks ? { generationConfig: { thinkingConfig: { thinkingLevel: 'high' } } } : {}),
			},
			{ baseUrl: task.url },
		);
		return await converse(model, task);
	},
};
