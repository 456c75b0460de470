import t from 'tap';
import { checkBroken, faultsOf, loadText } from '../../helpers/config-text.ts';
import { settingsOf } from '../../helpers/policies.ts';

const HASH = '$2y$12$WApznUOJfkEGSmYRfnkrPOr466oFDCaj4b6HY3EXGvfxm43seywhe';
const FILE = '/etc/sluice/.htpasswd';

await t.test('users with their roles, beside those of a file', async (t) => {
  const options = `basic: { users: { anna: ${HASH}, constructor: ${HASH} }, file: .htpasswd, groups: { admin: anna, editor: [anna, ben, anna] }, roles: [admin] }`;
  t.match(settingsOf(options, '', { files: { [FILE]: `ben:${HASH}` } }).basic, {
    users: [{ name: 'anna', hash: { kind: 'bcrypt', cost: 12 } }, { name: 'constructor' }],
    file: { path: FILE, users: [{ name: 'ben' }] },
    roles: [['anna', ['admin', 'editor']], ['ben', ['editor']]],
    needed: ['admin'], realm: 'Sign in', keepCredentials: false,
  });
});

await t.test('what cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, basic: »{} }]', 'no users'],
    [`routes: [{ respond: {}, basic: { users: { »"a:b": "${HASH}" } } }]`, '`:`'],
    ['routes: [{ respond: {}, basic: { users: { anna: »"$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/" } } }]', 'MD5', 'htpasswd -nB', 'sluice password'],
    [`routes: [{ respond: {}, basic: { users: {}, realm: »Büro } }]`, 'ASCII'],
    ['routes: [{ respond: {}, basic: { file: ».htpasswd } }]', 'line 2 of the file', 'SHA'],
    ['routes: [{ respond: {}, basic: { file: »none } }]', 'cannot be read'],
  ], { files: { [FILE]: `anna:${HASH}\nben:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=` } });
});

await t.test('threat: a password that stands in the place of its hash is shown to nobody', async (t) => {
  for (const value of ['hunter2', '"hunter2 hunter2"', '1234567']) {
    const faults = faultsOf(() => loadText(`routes: [{ respond: {}, basic: { users: { anna: ${value} } } }]`));
    t.equal(faults.length, 1);
    t.notMatch(JSON.stringify(faults), /hunter2|1234567/, value);
  }
});

await t.test('a hash that is quickly guessed is a warning', async (t) => {
  const quick = HASH.replace('12', '05');
  const { warnings } = loadText(`routes: [{ respond: {}, basic: { users: { anna: ${quick}, ben: ${quick}, carl: ${HASH} } } }]`);
  t.match(warnings, [{ message: /`anna` and 1 more/, hint: /htpasswd/ }]);
});
