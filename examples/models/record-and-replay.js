// Records the answers of a model once and plays them back without network, key and cost.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModelRegistry } from '@fw/models';
import { cassette } from '@fw/models/cassette';
import { scripted } from '@fw/models/scripted';

const folder = await mkdtemp(join(tmpdir(), 'cassette-'));
const file = join(folder, 'greeting.jsonl');
// Any provider can be recorded; a scripted one needs no key.
const real = scripted({ script: [{ then: { text: 'Good morning.' } }] });

for (const [mode, provider] of [['record', real], ['replay', { name: 'scripted' }]]) {
  const models = createModelRegistry({ providers: [cassette({ file, mode, provider })], models: { greeter: { use: 'scripted/any' } } });
  const { text } = await models.get('greeter').generate({ messages: [{ role: 'user', content: 'Hello?' }] });
  console.log(`${mode}: ${text}`);
}
await rm(folder, { recursive: true });
