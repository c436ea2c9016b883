import { CLAUDE_CODE_ROUTER, CLAUDE_CODE_ROUTER_SAME } from './claude-code-router.ts';
import { BARE, DIRECT } from './direct.ts';
import { PORTKEY } from './portkey.ts';
import { OURS, OURS_ACROSS, OURS_LIMITED } from './switchyard.ts';
import type { Target } from './target.ts';

const ALL: readonly Target[] = [
	DIRECT,
	BARE,
	PORTKEY,
	CLAUDE_CODE_ROUTER,
	CLAUDE_CODE_ROUTER_SAME,
	OURS,
	OURS_ACROSS,
	OURS_LIMITED,
];

/** What is compared when nothing else is said. */
export const DEFAULT_TARGETS = 'direct,bare,portkey,ccr,ours';

/** The targets of these names. */
export function targetsNamed(names: readonly string[]): Target[] {
	return names.map((name) => {
		const target = ALL.find((one) => one.name === name);
		if (target === undefined)
			throw new Error(`there is no target "${name}". Known: ${ALL.map((one) => one.name).join(', ')}`);
		return target;
	});
}
