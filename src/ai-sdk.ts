/** @module Switchyard as a provider of the AI SDK: `generateText({ model: switchyard('auto'), … })`, in this process. */

import type { LanguageModelV4 } from '@ai-sdk/provider';
import { createRoutedModel, createRoutedPorts, type RoutedModelOptions, type RoutedPorts } from './ai-sdk/index.ts';
import { loadProject, openCallableProject, type ProjectOptions, resolveAccesses } from './project.ts';
import type { RoutingSystem } from './system/index.ts';

export type { RoutedModelOptions };

/** Makes models by name: `auto`, `auto:cheap`, `auto:best`, `auto:fast`, a policy, or a model by name, alias or id. */
export interface SwitchyardProvider {
	(name: string, options?: RoutedModelOptions): LanguageModelV4;
	/** The same, under the name the AI SDK's registry calls. */
	languageModel(name: string, options?: RoutedModelOptions): LanguageModelV4;
	/** The engine behind the models: decisions, budgets, costs, feedback. */
	readonly system: RoutingSystem;
	/** Writes what waits. */
	close(): Promise<void>;
	[Symbol.asyncDispose](): Promise<void>;
}

/**
 * Switchyard in this process: the project's configuration, budget and ledger, the decisions of the gateway.
 * Nothing is called, and no key is needed, before a model is.
 * @throws InvalidConfigError (`ROUTER_INVALID_CONFIG`)
 * @example const switchyard = createSwitchyard(); await generateText({ model: switchyard('auto'), prompt: 'Hello' });
 */
export function createSwitchyard(options: ProjectOptions = {}): SwitchyardProvider {
	const project = loadProject(options);
	const { deployments, loaded, system } = openCallableProject(project, resolveAccesses(project, options), options);
	let ports: RoutedPorts | null = null;
	const open = (): RoutedPorts => {
		ports ??= createRoutedPorts({ system, deployments, streams: loaded.config.gateway.streams });
		return ports;
	};
	const languageModel = (name: string, settings: RoutedModelOptions = {}) => createRoutedModel(name, settings, open);
	const close = () => system.close();
	return Object.assign(languageModel, { languageModel, system, close, [Symbol.asyncDispose]: close });
}
