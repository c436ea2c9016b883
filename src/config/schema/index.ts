/** @module Schemas of the configuration: what one source may say, and what the whole must satisfy. */

import * as z from 'zod';
import type { ModelProfile } from '../../contracts/index.ts';
import type { ConfigLayer, SwitchyardConfig } from '../switchyard-config.ts';
import { budgetLayerSchema, budgetSchema } from './budget.ts';
import { deploymentsSchema, providersSchema } from './deployments.ts';
import { gatewayLayerSchema, gatewaySchema } from './gateway.ts';
import { modelLayerSchema } from './models.ts';
import {
	fallbackLayerSchema,
	fallbackSchema,
	logLayerSchema,
	logSchema,
	policySchema,
	storageLayerSchema,
	storageSchema,
	weightsLayerSchema,
	weightsSchema,
} from './router.ts';
import { partialShape, type ShapeOf, text } from './shape.ts';

const modelNames = z.array(text()).max(1000);

/** Fields that read the same in one source and in the whole. */
const scalars = {
	defaultModel: text().describe('The model for tasks with nothing to go by; ties go to it'),
	enableLearning: z.boolean().describe('Let outcomes change later decisions'),
	enableCache: z.boolean().describe('Answer an equal task from the decision cache'),
	cacheTTL: z.number().min(0).max(31_536_000).describe('Seconds a cached decision lives'),
	promptCaching: z.boolean().describe('Mark prompts for the cache of a provider that needs marks, where it pays'),
	debug: z.boolean().describe('Log every decision with its scores, and show stack traces'),
};

/** Fields that may be missing in the whole, too. */
const choices = {
	candidates: modelNames.min(1).describe('Models that compete by default; every other model is reached by name'),
	policy: policySchema,
	fallbacks: z.record(text(), modelNames).describe('Models to fall back to, in order, by the model that failed'),
	allowUnpriced: modelNames.describe('Models that may be used though they have no price'),
};

/** What one source may say: the shape of `config.json`. */
export const configLayerSchema: z.ZodType<ConfigLayer> = z.strictObject({
	$schema: z.exactOptional(z.string().max(2000).describe('Where editors find this schema')),
	...partialShape(scalars),
	...partialShape(choices),
	models: z.exactOptional(
		z.array(modelLayerSchema).max(1000).describe('Models of your own, and changes to known ones'),
	),
	...partialShape({
		weights: weightsLayerSchema,
		budget: budgetLayerSchema,
		fallback: fallbackLayerSchema,
		storage: storageLayerSchema,
		log: logLayerSchema,
		providers: providersSchema,
		deployments: deploymentsSchema,
		gateway: gatewayLayerSchema,
	}),
} satisfies ShapeOf<ConfigLayer>);

/** What the whole must satisfy. Models are the catalog's to judge. */
export const switchyardConfigSchema: z.ZodType<SwitchyardConfig> = z.strictObject({
	...scalars,
	...partialShape(choices),
	models: z.array(z.custom<ModelProfile>((value) => typeof value === 'object' && value !== null)).min(1),
	weights: weightsSchema,
	budget: budgetSchema,
	fallback: fallbackSchema,
	storage: storageSchema,
	log: logSchema,
	providers: providersSchema,
	deployments: deploymentsSchema,
	gateway: gatewaySchema,
} satisfies ShapeOf<SwitchyardConfig>);
