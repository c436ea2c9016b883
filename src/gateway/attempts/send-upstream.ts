import { invalidAnswer } from '../../providers/index.ts';
import type { UpstreamReader, UpstreamRequest } from '../../providers/upstream/index.ts';
import type { AttemptCall } from './attempt-call.ts';

/** Sends the caller's bytes, changed only where they must be, to the deployment. */
export async function sendUpstream(
	call: AttemptCall,
	operation: 'generate' | 'stream',
	reader: UpstreamReader,
): Promise<UpstreamRequest> {
	const { body, cacheMarks, deployment, format, maxOutputTokens, modelId, passedHeaders, text, upstream, wire } = call;
	const found = deployment.endpoint({ format: format.name, modelId, operation });
	const endpoint = found instanceof Promise ? await found : found;
	if (endpoint === null) {
		throw invalidAnswer(call.called, `does not serve ${operation} in the format ${format.name}`, { status: 404 });
	}
	const changed = format.spliceRequest(text, body, {
		model: modelId,
		...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
		...(cacheMarks === undefined ? {} : { cacheMarks }),
		...(operation === 'stream' && !wire.wantsUsage ? { includeUsage: true } : {}),
	});
	return upstream.send({ endpoint, headers: passedHeaders, body: changed }, reader);
}
