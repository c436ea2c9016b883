import * as z from 'zod';
import type { StorageConfig } from '../switchyard-config.ts';
import { partialShape, type ShapeOf, text } from './shape.ts';

const shape = {
	path: text(4000).describe('Database file: absolute, ~/…, :memory:, or relative to the project'),
	retentionDays: z.int().min(1).max(36_500).describe('Days before a row is archived'),
	captureTaskText: z.boolean().describe('Keep the text of tasks; without it only their hash is kept'),
} satisfies ShapeOf<StorageConfig>;

/** Complete storage settings. */
export const storageSchema: z.ZodType<StorageConfig> = z.strictObject(shape);

/** What one source says of storage. */
export const storageLayerSchema: z.ZodType<Partial<StorageConfig>> = z
	.strictObject(partialShape(shape))
	.describe('Where rows are kept and for how long');
