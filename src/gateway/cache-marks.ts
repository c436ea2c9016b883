import type { ModelProfile } from '../contracts/index.ts';
import { type CacheMark, type CachePlanner, hasCacheMarks } from '../protocol/index.ts';
import type { Deployment } from '../providers/index.ts';
import type { JsonObject } from './read-json.ts';

/** Chooses the marks of one request, in the form in which its provider reads it. */
export type ChooseCacheMarks = (sent: JsonObject) => readonly CacheMark[];

/** Where one request is marked for the caches of those who need marks. A caller's own marks stand alone. */
export class RequestCacheMarks {
	readonly #body: JsonObject;
	readonly #plan: CachePlanner;
	#isCallers: boolean | null = null;
	/** By deployment and model: a retry is the same request, and no sign of reuse. */
	readonly #chosen = new Map<string, readonly CacheMark[]>();

	constructor(body: JsonObject, plan: CachePlanner) {
		this.#body = body;
		this.#plan = plan;
	}

	/** `undefined` where the deployment has no marks, or the caller set its own. */
	for(deployment: Deployment, profile: ModelProfile): ChooseCacheMarks | undefined {
		if (!deployment.formats.includes('anthropic-messages')) return undefined;
		this.#isCallers ??= hasCacheMarks(this.#body);
		if (this.#isCallers) return undefined;
		return (sent) => {
			const key = `${deployment.id}\n${profile.name}`;
			const chosen = this.#chosen.get(key) ?? this.#plan({ ...sent, model: profile.modelId }, { scope: deployment.id });
			this.#chosen.set(key, chosen);
			return chosen;
		};
	}
}
