import t from 'tap';
import { faultsOfRoute } from '../../helpers/policies.ts';

const SECRET = 'secret: 5a1d4c0f9be27386d2c4e8f1703b69a5';

await t.test('a value of the wrong kind is explained with what would be right', async (t) => {
  t.match(faultsOfRoute(`jwt: { ${SECRET}, claims: { a: { b: 1 } } }`), [/a value, a list of values, or true/]);
  t.match(faultsOfRoute(`jwt: { ${SECRET}, claims: { a: [] } }`), [/at least|empty/i]);
  t.match(faultsOfRoute(`jwt: { ${SECRET}, requireExp: 1h }`), [/true or false/]);
  t.match(faultsOfRoute(`jwt: { ${SECRET}, from: 5 }`), [/header, header:NAME, cookie:NAME or query:NAME/]);
  t.match(faultsOfRoute(`jwt: { ${SECRET}, jwks: [a] }`), [/a URL, or a set of options with `url` or `file`/]);
  t.match(faultsOfRoute('jwt: 5'), [/`secret`, `publicKey`, `keys` or `jwks`/]);
});
