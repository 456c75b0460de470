import t from 'tap';
import type { Explanation } from '../../src/cli/explanation.ts';
import { explanationText } from '../../src/cli/explanation-text.ts';

const BASE: Explanation = {
  request: { method: 'GET', url: 'http://a.test/', client: '10.0.0.1' }, listener: { kind: 'http', address: '[::]:80', from: '/etc/g.yaml:1', isExact: true },
  host: 'a.test', path: '/', clientAddress: '192.0.2.1', refusal: null, httpsLocation: null, route: null, others: [], moreOthers: 0, policies: [],
  settings: { route: [], upstream: [], listen: [] }, target: null, sent: null, answer: null,
};

await t.test('short: what is long is cut, what is many is counted, and a trusted proxy is named', async (t) => {
  const others = Array.from({ length: 9 }, (_, i) => ({ id: `r${i}`, from: 'g.yaml:2', match: '*/*', why: 'wants another path', fits: false }));
  const headers = [{ name: 'X-Long', value: 'x'.repeat(500) }];
  const lines = explanationText({ ...BASE, others, moreOthers: 5, answer: { by: 'gateway', status: 404, headers, removed: [] } }).split('\n');
  t.strictSame(lines.slice(0, 6), [
    'GET http://a.test/  from 192.0.2.1, by way of 10.0.0.1', '', 'listener   http [::]:80   g.yaml:1', 'seen as    a.test/', 'route      none', 'not        r0   g.yaml:2: wants another path',
  ]);
  t.ok(lines.includes('           8 more of this host'));
  t.ok(lines.every((line) => line.length < 120));
});

await t.test('where there is a route, others with another path are only counted', async (t) => {
  const route = { id: 'r', from: 'g.yaml:2', match: '*/*', why: 'no other route of this host takes it', fits: true };
  const others = [{ ...route, id: 'far', why: 'wants another path', fits: false }];
  t.match(explanationText({ ...BASE, route, others }), /not {8}1 of this host$/m);
});
