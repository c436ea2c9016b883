import type { KeyStore, VirtualKey } from '../../contracts/index.ts';
import { InvalidInputError, StorageError } from '../../errors/index.ts';

/** Far more keys than one process without a database has use for. A key is never pushed out: it would stop working. */
const MAX_KEYS = 10_000;

/** The virtual keys of one process. */
export function createMemoryKeyStore(): KeyStore {
	const keys = new Map<string, VirtualKey>();
	const change = (id: string, edit: (key: VirtualKey) => Partial<VirtualKey> | null): boolean => {
		const key = keys.get(id);
		const changed = key === undefined ? null : edit(key);
		if (key === undefined || changed === null) return false;
		keys.set(id, { ...key, ...changed });
		return true;
	};
	return {
		async add(key) {
			if (keys.has(key.id))
				throw new InvalidInputError(`There is a key with the id ${key.id} already. Make another one.`);
			if (keys.size >= MAX_KEYS)
				throw new StorageError(
					'full',
					`This process holds ${MAX_KEYS} keys, the most it can. Keep them in a database.`,
				);
			keys.set(key.id, structuredClone(key));
		},
		find: async (id) => structuredClone(keys.get(id) ?? null),
		list: async () => structuredClone([...keys.values()].reverse().sort((a, b) => b.createdAt - a.createdAt)),
		revoke: async (id, at) => change(id, (key) => ({ revokedAt: key.revokedAt ?? at })),
		rotate: async (id, secretHash) => change(id, (key) => (key.revokedAt === null ? { secretHash } : null)),
	};
}
