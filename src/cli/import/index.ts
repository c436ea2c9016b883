/** @module The configuration of another router made into one of this. */

export { type ImportedProgram, importFile } from './import-file.ts';
