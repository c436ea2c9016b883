import type { ConfigValue } from '../../config/index.ts';
import { maskSecrets } from '../../util/index.ts';
import type { AdminRoute } from './admin-route.ts';
import { requireFields } from './read-fields.ts';

const HIDDEN = '[hidden]';

/** An address without what may be a secret in it: the paths of many webhooks are. */
function originOnly(address: string): string {
	return URL.canParse(address) ? `${new URL(address).origin}/${HIDDEN}` : HIDDEN;
}

/** A value as it may be shown: keys are `env:NAME` as they are written; what may hold a secret in plain text is hidden. */
function shownValue({ path, value }: ConfigValue): unknown {
	if (path === 'budget.notify.webhook.url') return typeof value === 'string' ? originOnly(value) : HIDDEN;
	if (path === 'budget.notify.command') return Array.isArray(value) ? [value[0], HIDDEN] : HIDDEN;
	const text = JSON.stringify(value);
	return text === undefined ? null : JSON.parse(maskSecrets(text));
}

/** The configuration in force, and taking up another. */
export const CONFIG_ROUTES: readonly AdminRoute[] = [
	{
		method: 'GET',
		path: '/admin/v1/config',
		scope: 'read',
		answer: async (_request, { configValues }) => ({
			body: { values: configValues().map((value) => ({ ...value, value: shownValue(value) })) },
		}),
	},
	{
		method: 'POST',
		path: '/admin/v1/config/reload',
		scope: 'admin',
		answer: async ({ body }, { reload }) => {
			requireFields(body, []);
			const report = await reload();
			if (report.isTaken) return { body: { taken: true, waitsForRestart: report.waitsForRestart } };
			const message = `The configuration was refused, the one before stays in force. ${report.message}`;
			return {
				status: 422,
				body: { error: { code: 'ROUTER_INVALID_CONFIG', message, issues: report.issues } },
			};
		},
	},
];
