import * as z from 'zod';
import { LOG_LEVELS } from '../../contracts/index.ts';
import type { LogConfig } from '../switchyard-config.ts';
import { partialShape, type ShapeOf, text } from './shape.ts';

const shape = {
	level: z.enum(LOG_LEVELS).describe('Lines of this level and of graver ones are written'),
	file: text(4000).describe('Log file: absolute, ~/…, or relative to the project'),
	maxBytes: z.int().min(1024).max(1_073_741_824).describe('Bytes at which the file is rotated'),
	maxFiles: z.int().min(0).max(100).describe('Rotated files that are kept beside the current one'),
} satisfies ShapeOf<LogConfig>;

/** Complete log settings. */
export const logSchema: z.ZodType<LogConfig> = z.strictObject(shape);

/** What one source says of the log. */
export const logLayerSchema: z.ZodType<Partial<LogConfig>> = z
	.strictObject(partialShape(shape))
	.describe('The log file');
