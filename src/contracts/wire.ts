/** The formats in which callers and providers speak. */
export const WIRE_FORMATS = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const;
/** One of the formats in which callers and providers speak. */
export type WireFormatName = (typeof WIRE_FORMATS)[number];

/** What is asked of a provider's endpoint. */
export type EndpointOperation = 'generate' | 'stream' | 'count-tokens' | 'embeddings';

/** How a text begins in which signatures of another provider travel through a caller who cannot read them. */
export const SEAL_PREFIX = 'switchyard.';

/** Said for a person who said nothing, where a provider takes no empty turn or none without a person's before it. */
export const EMPTY_MESSAGE = '(empty message)';

/**
 * How the text begins by which Claude Code tells Anthropic its version, as the first of its system prompt. It changes from
 * session to session and says nothing to a model.
 */
export const BILLING_TEXT_PREFIX = 'x-anthropic-billing-header:';
