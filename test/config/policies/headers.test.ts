import t from 'tap';
import { PRESETS } from '../../../src/config/policies/headers/preset.ts';
import { configOf } from '../../helpers/config-text.ts';
import { settingsOf } from '../../helpers/policies.ts';

function kept(options: string): unknown {
  return settingsOf(`headers: { ${options} }`).headers?.keepUpstream;
}

const NOTHING = { set: [], add: [], remove: [] };

await t.test('where nothing is said it is the preset standard, and what the app says itself stays', async (t) => {
  const standard = { security: PRESETS.standard, keepUpstream: true, hideSoftware: true, request: NOTHING, response: NOTHING };
  t.strictSame(settingsOf('').headers, standard);
  t.strictSame(settingsOf('headers: {}').headers, standard);
  t.strictSame(settingsOf('headers: true').headers, standard);
});

await t.test('a word alone is the preset, and off leaves all headers alone', async (t) => {
  for (const preset of ['strict', 'api'] as const) t.strictSame(settingsOf(`headers: ${preset}`).headers, { security: PRESETS[preset], keepUpstream: [], hideSoftware: true, request: NOTHING, response: NOTHING });
  t.strictSame([settingsOf('headers: off').headers, settingsOf('headers: false').headers], [null, null]);
  t.match(settingsOf('headers: { preset: off }').headers, { security: PRESETS.off, hideSoftware: true });
});

await t.test('the preset of a route does not lose what defaults say besides', async (t) => {
  t.match(settingsOf('headers: api', 'defaults: { headers: { preset: strict, frame: off, response: { set: { X-A: a } } } }').headers, {
    security: { frame: null, csp: PRESETS.api.csp }, response: { set: [['X-A', 'a']] },
  });
  t.match(settingsOf('headers: { preset: api }', 'defaults: { headers: off }').headers, { security: PRESETS.api });
});

await t.test('headers of the upstream stay where the preset is standard, and else only by name', async (t) => {
  t.strictSame(['', 'preset: strict', 'preset: strict, keepUpstream: true', 'keepUpstream: false', 'keepUpstream: [Content-Security-Policy, Server]', 'keepUpstream: Server'].map(kept), [
    true, [], true, [], ['content-security-policy', 'server'], ['server'],
  ]);
});

await t.test('ten thousand routes that say the same share one object', async (t) => {
  const { routes, noRoutePolicies } = configOf(`routes:\n${Array.from({ length: 10_000 }, (_, i) => `  - { path: /${i}, respond: {} }`).join('\n')}`);
  t.equal(new Set(routes.map(({ policies }) => policies.headers)).size, 1);
  t.equal(noRoutePolicies.headers, routes[0]?.policies.headers);
});
