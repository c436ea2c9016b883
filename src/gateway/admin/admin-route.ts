import type { KeyScope } from '../../contracts/index.ts';
import type { JsonObject } from '../read-json.ts';
import type { AdminPorts } from './admin-ports.ts';

/** One request of the admin API, read. */
export interface AdminRequest {
	/** Parts of the path that the route names. */
	path: Readonly<Record<string, string>>;
	query: URLSearchParams;
	/** Empty where none was sent. */
	body: JsonObject;
}

/** What it is answered. */
export interface AdminAnswer {
	/** @default 200 */
	status?: number;
	body: unknown;
}

/** One route of the admin API. */
export interface AdminRoute {
	method: 'GET' | 'POST';
	/** With `:name` for what differs. */
	path: string;
	scope: KeyScope;
	/** Parameters of the address that it knows; another is refused. @default none */
	query?: readonly string[];
	/** @throws RouterError for what cannot be answered */
	answer: (request: AdminRequest, ports: AdminPorts) => Promise<AdminAnswer>;
}
