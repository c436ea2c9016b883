import type {
	LanguageModelV4,
	LanguageModelV4CallOptions,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamResult,
} from '@ai-sdk/provider';
import { generateNeutral, NeutralRelay } from '../relay/index.ts';
import { withModelStamp } from './bound-reasoning.ts';
import type { RoutedModelOptions } from './call-options.ts';
import { PartSink } from './part-sink.ts';
import { RoutedCall, type RoutedPorts, withSwitchyardMetadata } from './routed-call.ts';

async function generate(call: RoutedCall): Promise<LanguageModelV4GenerateResult> {
	const facts = await call.run(async (attempt, meter) => {
		const { result, usage } = await generateNeutral(attempt, meter);
		return {
			usage,
			result: { ...result, content: result.content.map((part) => withModelStamp(part, attempt.modelName)) },
		};
	});
	const { result } = facts.executed.value;
	return { ...result, providerMetadata: withSwitchyardMetadata(result.providerMetadata, facts) };
}

async function stream(call: RoutedCall): Promise<LanguageModelV4StreamResult> {
	const sink = new PartSink();
	const run = call.run(
		async (attempt, meter) => {
			const relay = new NeutralRelay(attempt, sink.startAttempt(attempt.modelName));
			meter.set(() => relay.usage());
			return await relay.run();
		},
		// The relay watches the time itself: a long answer is not a slow one.
		{ timeoutMs: Number.POSITIVE_INFINITY, isCommitted: () => sink.isCommitted },
	);
	run.then(
		(facts) => sink.end((metadata) => withSwitchyardMetadata(metadata, facts)),
		(error: unknown) => sink.fail(error),
	);
	await sink.begun;
	return { stream: sink.stream };
}

/** A model of the AI SDK that is chosen when it is called; `name` as the gateway takes it: `auto`, `auto:cheap`, `opus`, … */
export function createRoutedModel(
	name: string,
	settings: RoutedModelOptions,
	ports: () => Promise<RoutedPorts> | RoutedPorts,
): LanguageModelV4 {
	const open = async (options: LanguageModelV4CallOptions) => new RoutedCall(name, settings, options, await ports());
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
