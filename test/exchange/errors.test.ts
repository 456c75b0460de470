import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { ERRORS, GatewayError, type ErrorCode } from '../../src/exchange/errors.ts';
import { readTree } from '../helpers/source-tree.ts';

const root = path.join(import.meta.dirname, '../..');
const codes = Object.keys(ERRORS) as ErrorCode[];

await t.test('who is to blame and what the status says go together', async (t) => {
  for (const code of codes) {
    const { status, source } = ERRORS[code];
    t.equal(source === 'client', status < 500, `${code}: ${status} blames the ${source}`);
    t.equal(code.startsWith('upstream_'), source === 'upstream', code);
  }
});

await t.test('what the client is told is one sentence, and names nothing of the inside', async (t) => {
  for (const code of codes) {
    const { text } = ERRORS[code];
    t.match(text, /^[A-Z][^.]*\.$/, code);
    t.notMatch(text, /upstream|target|sluice|socket/i, code);
  }
});

await t.test('every code can happen', async (t) => {
  const others = readTree(root, 'src').filter((file) => file.path !== 'src/exchange/errors.ts');
  for (const code of codes) t.ok(others.some(({ strings }) => strings.has(code)), `${code} is used`);
});

await t.test('every code is documented, where codes are', async (t) => {
  const pages = ['config/README.md', 'src/README.md'].map((page) => path.join(root, page)).filter((page) => existsSync(page));
  const text = pages.map((page) => readFileSync(page, 'utf8')).join('\n');
  if (!codes.some((code) => text.includes(`\`${code}\``))) {
    t.plan(0, 'there is no page of the error codes yet');
    return;
  }
  for (const code of codes) t.ok(text.includes(`\`${code}\``), code);
});

await t.test('the detail is for the log, and the cause is kept', async (t) => {
  const cause = new Error('ECONNREFUSED');
  const error = new GatewayError('upstream_connect_failed', 'api:8000: refused', { cause });
  t.match(error, { name: 'GatewayError', code: 'upstream_connect_failed', detail: 'api:8000: refused', cause });
  t.equal(error.message, 'upstream_connect_failed: api:8000: refused');
});
