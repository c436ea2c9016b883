import type { AdminRoute } from './admin-route.ts';
import { CONFIG_ROUTES } from './config-routes.ts';
import { DECISION_ROUTES } from './decision-routes.ts';
import { KEY_ROUTES } from './key-routes.ts';
import { MONEY_ROUTES } from './money-routes.ts';
import { STATUS_ROUTES } from './status-routes.ts';

/** Every route of the admin API; the reference and its test go by it. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [
	...STATUS_ROUTES,
	...MONEY_ROUTES,
	...KEY_ROUTES,
	...DECISION_ROUTES,
	...CONFIG_ROUTES,
];
