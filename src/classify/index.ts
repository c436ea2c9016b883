/** @module Task → TaskDescriptor: what kind of work a text or a conversation asks for. */
export { type AnswerSigns, readAnswerSigns } from './answer-signs.ts';
export { detectRequestClass } from './request-class.ts';
export { LexiconClassifier, TaskClassifier, type TaskClassifierOptions, TrainedClassifier } from './task-classifier.ts';
export { WorkloadReader } from './workload.ts';
