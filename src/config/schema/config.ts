import * as z from 'zod';
import { configLayerSchema } from './index.ts';

/** The JSON schema of `config.json`, for editors. */
export function configJsonSchema(): Record<string, unknown> {
	const { $schema, ...schema } = z.toJSONSchema(configLayerSchema, { io: 'input', unrepresentable: 'any' });
	return {
		$schema,
		title: 'Switchyard configuration',
		description: 'The file .claude/orchestration/routing/config.json of a project',
		...schema,
	};
}
