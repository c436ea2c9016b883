import type { ClientResult, ClientTask } from './client-driver.ts';
import { createTools, importFrom, joinPrompt, MAX_TURNS, readPicture, runTool } from './library.ts';

type Content = string | ReadonlyArray<{ type: string; text?: string }>;

interface Message {
	content: Content;
	tool_calls?: ReadonlyArray<{ id: string; name: string; args: unknown }>;
}

interface Chunk extends Message {
	concat(other: Chunk): Chunk;
}

/** What the drivers use of a chat model of LangChain. */
export interface ChatModel {
	bindTools(tools: readonly object[]): ChatModel;
	invoke(messages: readonly unknown[], options: { signal: AbortSignal }): Promise<Message>;
	stream(messages: readonly unknown[], options: { signal: AbortSignal }): Promise<AsyncIterable<Chunk>>;
}

interface Core {
	HumanMessage: new (fields: { content: unknown }) => unknown;
	ToolMessage: new (fields: { tool_call_id: string; name: string; content: string }) => unknown;
}

function toShownText(content: Content): string {
	return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('');
}

async function receive(model: ChatModel, messages: readonly unknown[], task: ClientTask): Promise<Message> {
	const { isStreamed, signal } = task;
	if (!isStreamed) return await model.invoke(messages, { signal });
	let whole: Chunk | undefined;
	for await (const chunk of await model.stream(messages, { signal })) whole = whole?.concat(chunk) ?? chunk;
	if (whole === undefined) throw new Error('the stream held nothing');
	return whole;
}

/** Holds the task's conversation with a chat model of LangChain, as its guides show it. */
export async function runChatModel(model: ChatModel, task: ClientTask): Promise<ClientResult> {
	const { HumanMessage, ToolMessage } = await importFrom<Core>(task.installed, '@langchain/core/messages');
	const tools = createTools(task);
	const offered = tools.map(({ name, description, parameters }) => ({ name, description, schema: parameters }));
	const text = joinPrompt(task);
	const image = () => ({
		type: 'image_url',
		image_url: { url: `data:image/png;base64,${readPicture(task.picture ?? '')}` },
	});
	const content = task.picture === null ? text : [{ type: 'text', text }, image()];
	const messages: unknown[] = [new HumanMessage({ content })];
	const bound = task.hasTools ? model.bindTools(offered) : model;
	for (let turn = 0; turn < MAX_TURNS; turn += 1) {
		const answer = await receive(bound, messages, task);
		messages.push(answer);
		const calls = answer.tool_calls ?? [];
		if (calls.length === 0) return { text: toShownText(answer.content), isError: false };
		for (const { id, name, args } of calls) {
			messages.push(new ToolMessage({ tool_call_id: id, name, content: await runTool(tools, name, args) }));
		}
	}
	throw new Error(`the conversation did not end after ${MAX_TURNS} turns`);
}
