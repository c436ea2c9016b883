/** @module Switchyard as a provider of the AI SDK: models that are chosen when they are called. */
export type { RoutedModelOptions } from './call-options.ts';
export { createRoutedModel } from './create-routed-model.ts';
export { createRoutedPorts, RoutedCall, type RoutedPorts } from './routed-call.ts';
