/** @module The memory backend: the reference implementation of the storage ports, bounded, without any I/O. */

export { createMemoryStorage, type MemoryStorageOptions } from './create-memory-storage.ts';
