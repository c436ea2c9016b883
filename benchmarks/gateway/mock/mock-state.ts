import { type Behaviour, JSON_ANSWER } from './behaviour.ts';
import { JsonAnswers } from './json-answer.ts';
import { StreamAnswers } from './stream-frames.ts';

/** What the mock has seen. */
export interface MockCounters {
	requests: number;
	badRequests: number;
	/** Streams whose reader left before the end. */
	abortedStreams: number;
}

/** What all connections of the mock share. */
export class MockState {
	readonly counters: MockCounters = { requests: 0, badRequests: 0, abortedStreams: 0 };
	behaviour: Behaviour = JSON_ANSWER;
	json: JsonAnswers = new JsonAnswers(JSON_ANSWER);
	streams: StreamAnswers = new StreamAnswers(JSON_ANSWER);

	/** `/__behaviour` takes a behaviour; every administrative path answers with the counters. */
	administer(path: string, body: Buffer): string {
		if (path === '/__behaviour') {
			// the benchmark's own process is the only caller
			this.behaviour = JSON.parse(body.toString('utf8')) as Behaviour;
			this.json = new JsonAnswers(this.behaviour);
			this.streams = new StreamAnswers(this.behaviour);
		}
		return JSON.stringify(this.counters);
	}
}
