/** Quality, latency and limits as the specification of the routing system seeds them. */
export const SPECIFICATION: string = 'seed value of the routing specification 1.0.0, not measured here';
/** A figure nobody measured here: set beside its family by release and price. */
export const EDITORIAL: string = 'editorial estimate beside its family, not measured';
/** Shutdown dates and replacements of OpenAI models. */
export const OPENAI_DEPRECATIONS: string =
	'https://developers.openai.com/api/docs/deprecations (read via importstatic.com, 2026-10-15)';
/** Retirement dates of Gemini models. */
export const GOOGLE_LIFECYCLE: string = 'https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions';
