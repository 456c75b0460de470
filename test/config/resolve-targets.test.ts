import t from 'tap';
import { checkBroken, configOf, upstreamOf } from '../helpers/config-text.ts';

function list(text: string): string {
  return `routes: [{ upstream: api }]\nupstreams: { api: ${text} }`;
}

await t.test('a target in full has a weight and may be a backup', async (t) => {
  const { targets } = upstreamOf('', '["a:1", { url: "http://b:2", weight: 3 }, { url: "https://c", backup: true }]');
  t.match(targets, [
    { name: 'a:1', weight: 1, backup: false },
    { name: 'b:2', host: 'b', port: 2, weight: 3, backup: false },
    { name: 'https://c:443', secure: true, weight: 1, backup: true },
  ]);
  t.match(upstreamOf('', '{ url: "a:1", weight: 1000 }').targets, [{ name: 'a:1', weight: 1000 }], 'one target needs no list');
  t.match(configOf(list('[{ url: "a:1", weight: 2 }]')).upstreams[0]?.targets, [{ weight: 2 }], 'nor a key `targets`');
});

await t.test('what cannot work is an error at its place', async (t) => {
  checkBroken(t, [
    [list('["a:1", »"http://A:1"]'), '`http://A:1` is listed twice'],
    [list('{ targets: ["a:1", { url: »"a:1", weight: 2 }] }'), '`a:1` is listed twice'],
    [list('[{ url: "a:1", »backup: true }, { url: "b:1", backup: true }]'), 'every target of this upstream is a backup', 'at least one'],
    [list('{ targets: { url: "a:1", »backup: true } }'), 'every target of this upstream is a backup'],
  ]);
});
