import t from 'tap';
import { configValues } from '../../src/admin/config-values.ts';
import { loadText } from '../helpers/config-text.ts';

function said(text: string): string[] {
  const { root, config } = loadText(text);
  return [...configValues(root, config.routes.map(({ id }) => id), false)].filter(({ path }) => path.startsWith('routes')).map(({ path, value }) => `${path.slice('routes["r"].'.length)}=${String(value)}`);
}

function file(own: string): string {
  return `upstreams: { api: { targets: "api:1", timeouts: { response: 9s } } }\ndefaults: { timeouts: { response: 3s, idle: 4s } }\nroutes: [{ name: r, upstream: api${own} }]`;
}

await t.test('a route takes the timeouts of its upstream before those of defaults, whether or not it says some itself', async (t) => {
  t.strictSame(said(file('')).filter((line) => line.startsWith('timeouts')), ['timeouts.response=9s', 'timeouts.idle=4s']);
  t.strictSame(said(file(', timeouts: { total: 1m }')).filter((line) => line.startsWith('timeouts')), ['timeouts.response=9s', 'timeouts.idle=4s', 'timeouts.total=1m']);
  t.strictSame(said('upstreams: { api: { targets: "api:1", timeouts: { response: 9s } } }\nroutes: [{ name: r, upstream: api }]'), ['timeouts.response=9s', 'name=r', 'upstream=api']);
});

await t.test('policies are joined as they are at work', async (t) => {
  t.strictSame(said(`defaults: { rateLimit: { limits: 1/s, burst: 9 }, headers: { request: { set: { X-A: low } } } }
routes: [{ name: r, respond: { body: x }, rateLimit: 2/s, headers: { request: { set: { x-a: high } } } }]`).filter((line) => /^(?:rateLimit|headers)/.test(line)), ['rateLimit.limits=2/s', 'headers.request.set.x-a=high']);
});

await t.test('what is no policy is replaced as a whole', async (t) => {
  t.strictSame(said('defaults: { accessLog: { sample: 10%, slow: 1s } }\nroutes: [{ name: r, respond: {}, accessLog: { sample: 5% } }]').filter((line) => line.startsWith('accessLog')), ['accessLog.sample=5%']);
});
