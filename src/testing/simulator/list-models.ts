/** What is said of a provider's models; Anthropic's client is known by its version header, Google's by its key's. */
export function listModels(
	path: string,
	{ headers, models }: { headers: Readonly<Record<string, string>>; models: readonly string[] },
): unknown {
	if (headers['x-goog-api-key'] !== undefined || /^\/v1(beta|alpha)\//.test(path)) {
		return {
			models: models.map((id) => ({
				name: `models/${id}`,
				displayName: id,
				supportedGenerationMethods: ['generateContent', 'countTokens'],
			})),
		};
	}
	if (headers['anthropic-version'] !== undefined) {
		return {
			data: models.map((id) => ({ type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' })),
			has_more: false,
			first_id: models[0] ?? null,
			last_id: models.at(-1) ?? null,
		};
	}
	return {
		object: 'list',
		data: models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'switchyard' })),
	};
}
