import type { Clock, ModelProfile } from '../../contracts/index.ts';
import type { CallerFormat, DecodedRequest, WireRequest } from '../../protocol/index.ts';
import type { CalledModel, Deployment } from '../../providers/index.ts';
import type { Upstream } from '../../providers/upstream/index.ts';
import type { ChooseCacheMarks } from '../cache-marks.ts';
import type { JsonObject } from '../read-json.ts';
import type { AnswerHead, StreamSink } from '../stream-sink.ts';
import type { Patience } from '../watchdog.ts';
import type { AttemptMeter } from './attempt-answer.ts';

/** Everything one attempt needs. */
export interface AttemptCall {
	clock: Clock;
	upstream: Upstream;
	format: CallerFormat;
	/** The caller's body, as it came and parsed. */
	text: string;
	body: JsonObject;
	wire: WireRequest;
	/** The request in the neutral form, made once for all attempts. @throws InvalidInputError naming the field's path */
	decoded(): DecodedRequest;
	/** Headers of the caller that go to a provider of the same format. */
	passedHeaders: Readonly<Record<string, string>>;
	deployment: Deployment;
	profile: ModelProfile;
	modelId: string;
	called: CalledModel;
	/** Chooses where the prompt is marked for its provider's cache; absent where it is not. */
	cacheMarks?: ChooseCacheMarks | undefined;
	/** Set where the money allows less output than the caller does, per answer. */
	maxOutputTokens: number | undefined;
	/** Input the request is expected to have, for metering. */
	expectedInputTokens: number;
	signal: AbortSignal;
	patience: Patience;
	/** Where a stream goes; `null` for a whole answer. */
	sink: StreamSink | null;
	/** Hold the stream back until it is complete. */
	isHeldWhole: boolean;
	/** The head of an answer of this attempt. */
	headOf(given: {
		status: number;
		contentType: string;
		requestId: string | null;
		dropped: readonly string[];
	}): AnswerHead;
	/** Tells how to find out what has been used so far. */
	onMeter(meter: AttemptMeter): void;
	/** Hears the provider's limit headers. */
	onLimits(headers: Readonly<Record<string, string | string[] | undefined>>): void;
	/** Unique part of the answer's id, for formats that need one. */
	answerId: string;
}
