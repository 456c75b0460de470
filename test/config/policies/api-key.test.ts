import t from 'tap';
import { checkBroken, faultsOf, loadText } from '../../helpers/config-text.ts';
import { settingsOf } from '../../helpers/policies.ts';

const HEX = '0123456789abcdef'.repeat(4);
const OTHER = 'fedcba9876543210'.repeat(4);
const KEY = 'slk_0123456789ABCDEFGHIJKLMNOPQRSTUV';
const FILE = '/etc/sluice/keys.txt';

await t.test('keys in both forms, beside those of a file', async (t) => {
  const options = `apiKey: { keys: [{ name: mobile, hash: "sha256:${HEX}", roles: [reader], expires: 2027-01-31, limit: 100/min }, "web sha256:${OTHER}"], file: ./keys.txt, roles: reader, forward: { X-Client: name } }`;
  t.match(settingsOf(options, '', { files: { [FILE]: `partner sha256:${'a'.repeat(64)}\n` } }).apiKey, {
    keys: [{ name: 'mobile', hash: HEX, roles: ['reader'], expiresMs: Date.UTC(2027, 0, 31), limits: [{ requests: 100 }] }, { name: 'web', hash: OTHER }],
    file: { path: FILE, keys: [{ name: 'partner' }] },
    header: 'X-API-Key', scheme: null, query: null, roles: ['reader'], forward: [{ header: 'X-Client', value: 'name' }], keepKey: false,
  });
});

await t.test('with a scheme the key stands in Authorization, and elsewhere only where that is said', async (t) => {
  const keys = `keys: ["a sha256:${HEX}"]`;
  t.match(settingsOf(`apiKey: { ${keys}, scheme: Bearer }`).apiKey, { scheme: 'Bearer', header: null });
  t.match(settingsOf(`apiKey: { ${keys}, scheme: Bearer, header: X-Key, query: key }`).apiKey, { scheme: 'Bearer', header: 'X-Key', query: 'key' });
  t.equal(settingsOf('apiKey: off').apiKey, null);
});

await t.test('what cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, apiKey: »{} }]', 'no keys', 'sluice key new'],
    [`routes: [{ respond: {}, apiKey: { keys: [»{ hash: "sha256:${HEX}" }] } }]`, '`name`'],
    [`routes: [{ respond: {}, apiKey: { keys: [{ name: a, hash: "sha256:${HEX}", expires: »2027-02-30 }] } }]`, 'not a date'],
    [`routes: [{ respond: {}, apiKey: { keys: ["a sha256:${HEX}", »"b sha256:${HEX}"] } }]`, 'same key'],
    [`routes: [{ respond: {}, apiKey: { keys: [], header: »Authorization } }]`, 'scheme: Bearer'],
    [`routes: [{ respond: {}, apiKey: { keys: [], forward: { »Authorization: name } } }]`, 'X-User'],
    ['routes: [{ respond: {}, apiKey: { file: »./none.txt } }]', 'cannot be read'],
    ['routes: [{ respond: {}, apiKey: { file: »./keys.txt } }]', 'line 2 of the file', 'sluice key hash'],
  ], { files: { [FILE]: `a sha256:${HEX}\nb ${KEY}` } });
});

await t.test('threat: a key that stands in the place of its hash is shown to nobody', async (t) => {
  const files = { [FILE]: `b ${KEY}` };
  for (const options of [`keys: [{ name: a, hash: ${KEY} }]`, `keys: ["a ${KEY}"]`, `keys: [{ name: a, key: ${KEY} }]`, `keys: [{ name: a, hash: "sha256:${HEX}", hsah: ${KEY} }]`, `keys: [{ name: a, hash: letmein }]`, 'keys: [{ name: a, hash: 987654321 }]', 'file: ./keys.txt']) {
    const faults = faultsOf(() => loadText(`routes: [{ respond: {}, apiKey: { ${options} } }]`, { files }));
    t.ok(faults.length > 0, options);
    t.notMatch(JSON.stringify(faults), /0123456789ABCD|letmein|98765/, options);
  }
});

await t.test('a file without keys is a warning: somebody may want to begin so', async (t) => {
  const { warnings } = loadText('routes: [{ respond: {}, apiKey: ./keys.txt }]'.replace('./keys.txt', '{ file: ./keys.txt }'), { files: { [FILE]: '# none\n' } });
  t.match(warnings, [{ message: /holds no key yet/ }]);
});
