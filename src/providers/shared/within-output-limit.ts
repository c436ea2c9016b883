import type { LanguageModelV4 } from '@ai-sdk/provider';
import { leaveRoomForThinking } from '../../protocol/index.ts';

/**
 * One of Anthropic's models behind the AI SDK, held to the output it is given: the AI SDK would add what the model may
 * think to it, and nobody has reserved money for that.
 */
export async function withinOutputLimit(model: LanguageModelV4): Promise<LanguageModelV4> {
	const { getModelCapabilities } = await import('@ai-sdk/anthropic/internal');
	const { rejectsBudgetThinking, supportsAdaptiveThinking } = getModelCapabilities(model.modelId);
	const rules = { takesBudget: !rejectsBudgetThinking, isAdaptive: supportsAdaptiveThinking };
	return {
		specificationVersion: 'v4',
		provider: model.provider,
		modelId: model.modelId,
		supportedUrls: model.supportedUrls,
		doGenerate: async (options) => await model.doGenerate(leaveRoomForThinking(options, rules)),
		doStream: async (options) => await model.doStream(leaveRoomForThinking(options, rules)),
	};
}
