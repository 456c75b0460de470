import t from 'tap';
import { ValueOrigins } from '../../src/cli/value-origins.ts';
import { loadText } from '../helpers/config-text.ts';

await t.test('values have a place and, in routes, a layer; one that two layers share by an alias is the more specific one\'s', async (t) => {
  const loaded = loadText(`upstreams: { api: "api:1", api2: "api:2" }
defaults: { compress: &it { minSize: 2KB } }
routes:
  - upstream: api
    compress: *it
  - upstream: api2
    path: /x
listen: { http: [80, 81] }`);
  const origins = new ValueOrigins(loaded);
  const compress = (index: number, id: string): unknown => origins.ofRoute(index, id).find(({ path }) => path === 'compress.minSize');
  t.match([compress(0, '/*'), compress(1, '/x')], [{ value: '2KB', from: /:2$/, layer: 'route' }, { value: '2KB', from: /:2$/, layer: 'defaults' }]);
  t.match(origins.under('upstreams.api'), [{ path: '', value: 'api:1', from: /:1$/, layer: null }], 'a name that begins the same is another one');
  t.strictSame(origins.under('listen').filter(({ from }) => from !== 'default').map(({ path }) => path), ['http[0]', 'http[1]']);
  t.match([origins.placeOf('listen', 'http', 1), origins.placeOf('routes', 1), origins.placeOf('nothing')], [/:8$/, /:6$/, null]);
});

await t.test('what came from outside is known by its name', async (t) => {
  const loaded = loadText('routes: [{ respond: { body: "${A} and ${B}" } }]', { env: { A: 'one', B: 'two' } });
  t.strictSame(new ValueOrigins(loaded).substituted(), [{ text: 'one and two', label: '${A} and ${B}' }, { text: 'one', label: '${A}' }, { text: 'two', label: '${B}' }]);
});
