/** @module Schemas of the configuration: what one source may say, for the program and for editors. */
export { configJsonSchema, getConfigSchema } from './config.ts';
