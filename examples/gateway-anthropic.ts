import assert from 'node:assert/strict';
import { startSampleGateway } from './support/sample-gateway.ts';

const gateway = await startSampleGateway();

// #region shown
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ maxRetries: 0 }); // reads ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY

const stream = client.messages.stream(
	{ model: 'auto', max_tokens: 500, messages: [{ role: 'user', content: 'Fix the login bug' }] },
	{ headers: { 'x-switchyard-max-cost': '0.05', 'x-switchyard-session': 'ticket-4711' } },
);
stream.on('text', (text) => process.stdout.write(text));
const message = await stream.finalMessage();
console.log(message.stop_reason, message.usage.output_tokens, 'tokens by', message.model);
// #endregion

assert.equal(message.stop_reason, 'end_turn');
assert.ok(message.usage.output_tokens > 0);
await gateway.close();
