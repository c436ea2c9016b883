/** @module The memory backend: the reference implementation of the storage ports, bounded, without any I/O. */

export {
	createMemoryStorage,
	DEFAULT_MEMORY_STORAGE_OPTIONS,
	type MemoryStorageOptions,
} from './create-memory-storage.ts';
