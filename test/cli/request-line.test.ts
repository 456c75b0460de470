import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { requestLine } from '../../src/cli/request-line.ts';
import { clockTime, terminalStyle } from '../../src/observe/terminal-style.ts';
import { recentRequest } from '../helpers/recent-request.ts';

const PLAIN = terminalStyle(false);
const TIME = clockTime(Date.UTC(2026, 0, 1));

await t.test('a request is one line, with a dash where there is nothing', async (t) => {
  t.equal(requestLine(recentRequest(), PLAIN), `${TIME}  200  GET   app.example.com/orders?page=2  app.example.com/*  app:8000  3.2 ms  -  id-1`);
  const failed = recentRequest({ method: 'DELETE', status: 504, code: 'upstream_timeout', requestMs: 60_000, upgrade: 'websocket' });
  t.equal(requestLine(failed, PLAIN), `${TIME}  504  DELETE  app.example.com/orders?page=2 (websocket)  app.example.com/*  app:8000  60 s  upstream_timeout  id-1`);
  const nothing = recentRequest({ host: '', path: '', route: '', target: '', requestMs: null, requestId: '' });
  t.equal(requestLine(nothing, PLAIN), `${TIME}  200  GET   -  -  -  -  -  -`);
});

await t.test('with colours it says the same', async (t) => {
  const painted = requestLine(recentRequest({ status: 502, code: 'upstream_reset' }), terminalStyle(true));
  t.match(painted, '\u001b[31m502\u001b[0m');
  t.equal(stripVTControlCharacters(painted), requestLine(recentRequest({ status: 502, code: 'upstream_reset' }), PLAIN));
});

await t.test('threat: nothing of a request drives the terminal, begins a line or is endless', async (t) => {
  const evil = '\u001b]0;owned\u0007\r\n\u009b2J\u202e';
  const line = requestLine(recentRequest({ method: evil, host: evil, path: evil + 'x'.repeat(1e6), route: evil, target: evil, code: evil, requestId: evil, upgrade: evil }), PLAIN);
  t.notMatch(line, /[\p{Cc}\u202e]/u);
  t.ok(line.length < 5000, `${line.length}`);
});
