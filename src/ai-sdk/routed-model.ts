import type {
	LanguageModelV4,
	LanguageModelV4CallOptions,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamResult,
} from '@ai-sdk/provider';
import { createInvalidAnswerError } from '../providers/index.ts';
import { withModelStamp } from './bound-reasoning.ts';
import type { RoutedModelOptions } from './call-options.ts';
import { PartSink } from './part-sink.ts';
import { PartRelay, readFinishUsage } from './relay-parts.ts';
import { RoutedCall, type RoutedPorts, withSwitchyardMetadata } from './routed-call.ts';

async function generate(call: RoutedCall): Promise<LanguageModelV4GenerateResult> {
	const { decision, executed } = await call.run(
		async ({ target: called, model, onHeaders, options, profile }) => {
			const result = await model.doGenerate(options);
			onHeaders(result.response?.headers);
			const { unified } = result.finishReason;
			if (unified === 'error') throw createInvalidAnswerError(called, 'stopped because of an error of its own');
			if (result.content.length === 0 && unified === 'stop')
				throw createInvalidAnswerError(called, 'answered without any output');
			return { ...result, content: result.content.map((part) => withModelStamp(part, profile.name)) };
		},
		{ usageOf: readFinishUsage },
	);
	const { value } = executed;
	return { ...value, providerMetadata: withSwitchyardMetadata(value.providerMetadata, { decision, executed }) };
}

async function stream(call: RoutedCall): Promise<LanguageModelV4StreamResult> {
	const sink = new PartSink();
	let relay: PartRelay | null = null;
	const run = call.run(
		async (attempt) => {
			relay = new PartRelay(attempt, sink, call.ports);
			return await relay.run();
		},
		{
			// The relay watches the time itself: a long answer is not a slow one.
			timeoutMs: Number.POSITIVE_INFINITY,
			isCommitted: () => sink.isCommitted,
			usageOf: readFinishUsage,
			usageOfFailure: () => relay?.metered,
		},
	);
	run
		.then(
			({ decision, executed }) => {
				const { value } = executed;
				return sink.finish({
					...value,
					providerMetadata: withSwitchyardMetadata(value.providerMetadata, { decision, executed }),
				});
			},
			(error: unknown) => sink.fail(error),
		)
		// The reader has left: there is nobody to tell, and what was produced is settled.
		.catch(() => undefined);
	await sink.begun;
	return { stream: sink.stream };
}

/** A model of the AI SDK that is chosen when it is called; `name` as the gateway takes it: `auto`, `auto:cheap`, `opus`, … */
export function createRoutedModel(
	name: string,
	settings: RoutedModelOptions,
	ports: () => Promise<RoutedPorts> | RoutedPorts,
): LanguageModelV4 {
	const open = async (options: LanguageModelV4CallOptions) =>
		new RoutedCall({ name, settings }, options, await ports());
	return {
		specificationVersion: 'v4',
		provider: 'switchyard',
		modelId: name,
		// Which deployment will answer is not known: files are sent along, never fetched by a provider.
		supportedUrls: {},
		doGenerate: async (options) => await generate(await open(options)),
		doStream: async (options) => await stream(await open(options)),
	};
}
