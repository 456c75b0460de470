import t from 'tap';
import { isInstanceMessage } from '../../src/demo/instance-message.ts';

await t.test('only the two messages with their fields are messages', async (t) => {
  for (const message of [{ kind: 'listening', port: 80 }, { kind: 'failed', text: 'x' }]) t.ok(isInstanceMessage(message));
  for (const message of [null, 'listening', {}, { kind: 'listening' }, { kind: 'listening', port: '80' }, { kind: 'failed' }, { kind: 'other', port: 1, text: '' }]) {
    t.notOk(isInstanceMessage(message));
  }
});
