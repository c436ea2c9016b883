import type { AttemptAnswer, AttemptRequest } from './attempt.ts';
import { PassThroughStream } from './pass-through-stream.ts';
import { TranslatedStream, translateAnswer } from './translation.ts';
import { passThroughAnswer } from './whole-answer.ts';

/** Makes one attempt: bytes are passed through where the deployment speaks the caller's format, else translated. */
export async function callDeployment(call: AttemptRequest): Promise<AttemptAnswer> {
	const { deployment, format, sink } = call;
	if (deployment.formats.includes(format.name)) {
		return await (sink === null ? passThroughAnswer(call) : new PassThroughStream(call).run());
	}
	return sink === null ? await translateAnswer(call) : await new TranslatedStream(call, sink).run();
}
