import type { AttemptAnswer } from './attempt-answer.ts';
import type { AttemptCall } from './attempt-call.ts';
import { StreamConversion } from './convert-stream.ts';
import { convertWhole } from './convert-whole.ts';
import { StreamRelay } from './relay-stream.ts';
import { relayWhole } from './relay-whole.ts';

/** Makes one attempt: bytes are passed through where the deployment speaks the caller's format, else translated. */
export async function callDeployment(call: AttemptCall): Promise<AttemptAnswer> {
	const { deployment, format, sink } = call;
	if (deployment.formats.includes(format.name)) {
		return await (sink === null ? relayWhole(call) : new StreamRelay(call).run());
	}
	return sink === null ? await convertWhole(call) : await new StreamConversion(call, sink).run();
}
