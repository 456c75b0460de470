import fastify from 'fastify';
import { fastifyHelmet } from '@fastify/helmet';
import t from 'tap';
import { PRESETS } from '../../../../src/config/policies/headers/preset.ts';
import { helmetHeaders } from '../../../../src/policy/headers/helmet-headers.ts';

await t.test('strict is what helmet does by itself, in the version that is installed', async (t) => {
  const app = fastify();
  await app.register(fastifyHelmet);
  app.get('/', async () => 'ok');
  const { headers } = await app.inject('/');
  await app.close();
  const ours = Object.fromEntries((await helmetHeaders(PRESETS.strict)).map(([name, value]) => [name.toLowerCase(), value]));
  const usual = new Set(['content-length', 'content-type', 'date', 'connection']);
  t.strictSame(ours, Object.fromEntries(Object.entries(headers).filter(([name]) => !usual.has(name))));
});

await t.test('the preset of all who say nothing restricts nothing that a page loads, and no name but the host', async (t) => {
  t.match(PRESETS.standard, { csp: null, coop: null, coep: null, corp: null, hsts: { includeSubDomains: false } });
  t.strictSame(Object.values(PRESETS.off).filter((value) => value !== null && value !== false), []);
});
