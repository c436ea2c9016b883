import type { TaskDescriptor } from '../contracts/index.ts';

function yesOrNo(value: boolean | undefined): string {
	return value === true ? 'Yes' : 'No';
}

function grouped(tokens: number): string {
	return `~${tokens.toLocaleString('en-US')} tokens`;
}

/** A descriptor as a report of a few lines, without the task's text. */
export function explainTask(descriptor: TaskDescriptor): string {
	const { estimatedInputTokens: input, estimatedOutputTokens: output } = descriptor;
	return [
		'Task Classification Report',
		'==========================',
		'',
		`Type: ${descriptor.type}`,
		`Complexity: ${descriptor.complexity}`,
		`Pattern: ${descriptor.pattern}`,
		`Priority: ${descriptor.priority}/5`,
		'',
		'Characteristics:',
		`- Requires Extended Thinking: ${yesOrNo(descriptor.requiresExtendedThinking)}`,
		`- Involves Code: ${yesOrNo(descriptor.involvesCode)}`,
		`- Requires Creativity: ${yesOrNo(descriptor.requiresCreativity)}`,
		'',
		'Token Estimates:',
		`- Input: ${grouped(input)}`,
		`- Output: ${grouped(output)}`,
		`- Total: ${grouped(input + output)}`,
	].join('\n');
}
