import assert from 'node:assert/strict';
import { startSampleGateway } from './support/sample-gateway.ts';

const gateway = await startSampleGateway();

// #region shown
import OpenAI from 'openai';

const client = new OpenAI({ maxRetries: 0 }); // reads OPENAI_BASE_URL and OPENAI_API_KEY

const { data, response } = await client.chat.completions
	.create({ model: 'auto', messages: [{ role: 'user', content: 'Fix the login bug' }] })
	.withResponse();
console.log(data.choices[0]?.message.content);
console.log(response.headers.get('x-switchyard-model'), response.headers.get('x-switchyard-cost'));

const stream = await client.responses.create({ model: 'auto:cheap', input: 'Say hello', stream: true });
for await (const event of stream) {
	if (event.type === 'response.output_text.delta') process.stdout.write(event.delta);
}
// #endregion

assert.ok(data.choices[0]?.message.content);
assert.ok(response.headers.get('x-switchyard-model'));
await gateway.close();
