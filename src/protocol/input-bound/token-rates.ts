/** What a provider's models add to a request, and how their tokenizers compare with `o200k_base`. */
export interface TokenRates {
	/** Added to every request: chat template, the provider's own system prompt. */
	request: number;
	/** Added by message and by tool: the template's marks. */
	message: number;
	tool: number;
	/** Added where there are tools: the system prompt that explains them. */
	toolUse: number;
	/** Added where the answer's form is prescribed. */
	responseFormat: number;
	/** Added for a tool of the provider's own that the caller runs (`memory_…`, `computer_…`): its definition. */
	ownTool: number;
	/** Tokens of a text for each of `o200k_base`, at most; characters beyond ASCII count by their bytes where it is not 1. */
	perCounted: number;
	/** Bytes of a token at most, however the text repeats itself; `null`: the tokenizer is `o200k_base`. */
	longestToken: number | null;
	image: ImageRates;
}

/** How images are counted: by patches of `side` pixels, each at `perPatch` tokens, within limits. */
export interface ImageRates {
	side: number;
	perPatch: number;
	/** Tokens of the smallest image, which a provider may scale up. */
	least: number;
	/** Tokens of the largest, which it scales down: of an image that cannot be seen too. */
	most: number;
}

/**
 * Read 2026-11-28. Anthropic documents 290 to 804 tokens for tool use by model, 735 for the computer and 700 for the text
 * editor (https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview); recordings show 542 for citations and
 * for a response format, and 1,517 for `memory`. Images: width × height / 750, 4,784 tokens at 2,576 pixels (https://platform.claude.com/docs/en/build-with-claude/vision).
 */
export const ANTHROPIC: TokenRates = {
	request: 640,
	message: 16,
	tool: 64,
	toolUse: 1024,
	responseFormat: 1024,
	ownTool: 2048,
	perCounted: 1.6,
	longestToken: 4,
	image: { side: 28, perPatch: 1.05, least: 16, most: 4800 },
};

/**
 * Read 2026-11-28. OpenAI writes tools into its system message, shorter than their JSON. Images are 85 + 170 for each of up
 * to 8 tiles of 512 pixels, or up to 1,536 patches of 32 pixels × up to 2.46, or up to 10,000 × up to 1.2; gpt-4o-mini counts 2,833 and 5,667
 * (https://developers.openai.com/api/docs/guides/images-vision).
 */
export const OPENAI: TokenRates = {
	request: 64,
	message: 8,
	tool: 32,
	toolUse: 128,
	responseFormat: 256,
	ownTool: 2048,
	perCounted: 1.05,
	longestToken: null,
	image: { side: 32, perPatch: 2.5, least: 1445, most: 12_000 },
};

/** Read 2026-11-28. 258 tokens for each tile of 768 pixels, up to 3,072 a side; 1,120 to 2,240 for Gemini 3 (https://ai.google.dev/gemini-api/docs/media-resolution). */
export const GOOGLE: TokenRates = {
	request: 64,
	message: 16,
	tool: 64,
	toolUse: 512,
	responseFormat: 256,
	ownTool: 2048,
	perCounted: 1.25,
	longestToken: 4,
	image: { side: 256, perPatch: 258, least: 2240, most: 5160 },
};

/**
 * Whoever else serves a model: the most of all. Recordings show 650 tokens that xAI adds to a request, and 630 for tools
 * with Llama 4. Qwen counts up to 16,384 tokens for an image (https://github.com/QwenLM/Qwen3-VL).
 */
export const OTHER: TokenRates = {
	request: 1024,
	message: 16,
	tool: 128,
	toolUse: 1024,
	responseFormat: 1024,
	ownTool: 2048,
	perCounted: 1.6,
	longestToken: 4,
	image: { side: 16, perPatch: 1.1, least: 2048, most: 16_384 },
};

/** Models that search or run code on their own account, whatever is asked: recordings of Groq's show 5,003 tokens for a question of ten words. */
export const AGENT_MODELS: RegExp = /(?:^|\/)compound\b/;
/** Models of OpenAI with the older tokenizer `cl100k_base`, or of before it. */
export const BEFORE_O200K: RegExp = /^(?:gpt-4(?!o|[.]\d)|gpt-3|text-|davinci|babbage)/;
/** Its images cost as much as gpt-4o's: it counts 33 tokens for one. */
export const GPT_4O_MINI_IMAGE: ImageRates = { side: 1, perPatch: 1, least: 48_169, most: 48_169 };
