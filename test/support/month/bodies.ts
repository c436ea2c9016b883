import type { MonthRequest, Way } from './traffic.ts';

/** A PNG of 1,024 by 768 pixels, as far as its size can be read. */
const IMAGE = Buffer.from('89504e470d0a1a0a0000000d494844520000040000000300080200000000000000', 'hex').toString(
	'base64',
);
const IMAGE_URL = 'https://images.example/cat.png';

function createPdf(pages: number): string {
	return Buffer.from(`%PDF-1.4\n${'<< /Type /Page >>\n'.repeat(pages)}<< /Count ${pages} >>\n%%EOF`).toString('base64');
}

function createTools(count: number): Array<{ name: string; description: string; parameters: object }> {
	return Array.from({ length: count }, (_, index) => ({
		name: `tool_${index}`,
		description: 'Looks something up in a table of prices and answers with what it found there. '.repeat(
			1 + (index % 4),
		),
		parameters: {
			type: 'object',
			properties: { query: { type: 'string', description: 'What is asked' } },
			required: ['query'],
		},
	}));
}

/** The turns with the request's mark in the last one, by which the simulator knows it. */
function markTurns({ id, turns }: MonthRequest): string[] {
	return turns.map((text, index) => (index === turns.length - 1 ? `${text} [#${id}]` : text));
}

function isPerson(index: number): boolean {
	return index % 2 === 0;
}

function createMessages(request: MonthRequest): object {
	const { cacheTtl, image, maxTokens, model, pages, searches, serviceTier, system, thinking, tools } = request;
	const control = cacheTtl === null ? {} : { cache_control: { type: 'ephemeral', ttl: cacheTtl } };
	const turns = markTurns(request);
	const media = [
		...(image === 'data' ? [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: IMAGE } }] : []),
		...(image === 'url' ? [{ type: 'image', source: { type: 'url', url: IMAGE_URL } }] : []),
		...(pages > 0
			? [{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: createPdf(pages) } }]
			: []),
	];
	return {
		model,
		max_tokens: Math.max(maxTokens ?? 2000, thinking === null ? 0 : thinking + 100),
		...(system !== null && { system: [{ type: 'text', text: system, ...control }] }),
		messages: turns.map((text, index) => ({
			role: isPerson(index) ? 'user' : 'assistant',
			content: index === turns.length - 1 ? [...media, { type: 'text', text, ...control }] : text,
		})),
		...((tools > 0 || searches !== null) && {
			tools: [
				...createTools(tools).map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })),
				...(searches === null ? [] : [{ type: 'web_search_20250305', name: 'web_search', max_uses: searches }]),
			],
		}),
		...(thinking !== null && { thinking: { type: 'enabled', budget_tokens: thinking } }),
		...(serviceTier !== null && { service_tier: 'auto' }),
	};
}

function createChat(request: MonthRequest): object {
	const { answers, image, maxTokens, model, pages, serviceTier, system, thinking, tools } = request;
	const turns = markTurns(request);
	const media = [
		...(image === null
			? []
			: [{ type: 'image_url', image_url: { url: image === 'url' ? IMAGE_URL : `data:image/png;base64,${IMAGE}` } }]),
		...(pages > 0
			? [{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${createPdf(pages)}` } }]
			: []),
	];
	return {
		model,
		...(maxTokens !== null && { max_tokens: maxTokens }),
		messages: [
			...(system === null ? [] : [{ role: 'system', content: system }]),
			...turns.map((text, index) => ({
				role: isPerson(index) ? 'user' : 'assistant',
				content: index === turns.length - 1 ? [...media, { type: 'text', text }] : text,
			})),
		],
		...(tools > 0 && { tools: createTools(tools).map((tool) => ({ type: 'function', function: tool })) }),
		...(answers > 1 && { n: answers }),
		...(thinking !== null && { reasoning_effort: 'low' }),
		...(serviceTier !== null && { service_tier: serviceTier }),
	};
}

function createResponses(request: MonthRequest): object {
	const { image, maxTokens, model, pages, searches, serviceTier, system, thinking, tools } = request;
	const turns = markTurns(request);
	const media = [
		...(image === null
			? []
			: [{ type: 'input_image', image_url: image === 'url' ? IMAGE_URL : `data:image/png;base64,${IMAGE}` }]),
		...(pages > 0
			? [{ type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${createPdf(pages)}` }]
			: []),
	];
	return {
		model,
		...(maxTokens !== null && { max_output_tokens: maxTokens }),
		...(system !== null && { instructions: system }),
		input: turns.map((text, index) => ({
			role: isPerson(index) ? 'user' : 'assistant',
			content: isPerson(index)
				? [...(index === turns.length - 1 ? media : []), { type: 'input_text', text }]
				: [{ type: 'output_text', text }],
		})),
		...((tools > 0 || searches !== null) && {
			tools: [
				...createTools(tools).map((tool) => ({ type: 'function', ...tool })),
				...(searches === null ? [] : [{ type: 'web_search' }]),
			],
		}),
		...(searches !== null && { max_tool_calls: searches }),
		...(thinking !== null && { reasoning: { effort: 'low' } }),
		...(serviceTier !== null && { service_tier: serviceTier }),
	};
}

function createGemini(request: MonthRequest): object {
	const { answers, image, maxTokens, pages, searches, system, tools } = request;
	const turns = markTurns(request);
	const media = [
		...(image === null
			? []
			: [
					image === 'url'
						? { fileData: { mimeType: 'image/png', fileUri: IMAGE_URL } }
						: { inlineData: { mimeType: 'image/png', data: IMAGE } },
				]),
		...(pages > 0 ? [{ inlineData: { mimeType: 'application/pdf', data: createPdf(pages) } }] : []),
	];
	return {
		...(system !== null && { systemInstruction: { parts: [{ text: system }] } }),
		contents: turns.map((text, index) => ({
			role: isPerson(index) ? 'user' : 'model',
			parts: [...(index === turns.length - 1 ? media : []), { text }],
		})),
		...(tools > 0 && { tools: [{ functionDeclarations: createTools(tools) }] }),
		...(tools === 0 && searches !== null && { tools: [{ googleSearch: {} }] }),
		generationConfig: {
			...(maxTokens !== null && { maxOutputTokens: maxTokens }),
			...(answers > 1 && { candidateCount: answers }),
		},
	};
}

const PATHS: Readonly<Record<Exclude<Way, 'gemini'>, string>> = {
	messages: '/v1/messages',
	chat: '/v1/chat/completions',
	responses: '/v1/responses',
	library: '/v1/chat/completions',
};

/** A request in its format. */
export function encodeRequest(request: MonthRequest): { path: string; body: object } {
	const { isStream, model, way } = request;
	if (way === 'gemini') {
		const verb = isStream ? 'streamGenerateContent?alt=sse' : 'generateContent';
		return { path: `/v1beta/models/${model}:${verb}`, body: createGemini(request) };
	}
	const create = { messages: createMessages, chat: createChat, responses: createResponses, library: createChat }[way];
	return { path: PATHS[way], body: { ...create(request), ...(isStream && { stream: true }) } };
}
