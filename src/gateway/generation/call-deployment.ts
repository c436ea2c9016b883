import type { AttemptAnswer, AttemptRequest } from './attempt.ts';
import { PassThroughStream } from './pass-through-stream.ts';
import { translateAnswer, translateStream } from './translation.ts';
import { passThroughAnswer } from './whole-answer.ts';

/** Makes one attempt: bytes are passed through where the deployment speaks the caller's format, else translated. */
export async function callDeployment(call: AttemptRequest): Promise<AttemptAnswer> {
	const { deployment, format, sink } = call;
	if (deployment.formats.includes(format.name)) {
		return await (sink === null ? passThroughAnswer(call) : new PassThroughStream(call, sink).run());
	}
	return await (sink === null ? translateAnswer(call) : translateStream(call, sink));
}
