// undici declares its types for all of it at once; its parts are loaded alone where all of it would take too long.
declare module 'undici/lib/dispatcher/pool.js' {
	import { Pool } from 'undici';

	export = Pool;
}
declare module 'undici/lib/core/connect.js' {
	import { buildConnector } from 'undici';

	export = buildConnector;
}
