import t from 'tap';
import { checkErrorPageKey, parseErrorStatus } from '../../src/config/error-status.ts';

await t.test('a status, a range and a class', async (t) => {
  t.strictSame([404, '404', '502-504', '4xx', '5XX', '400-599'].map(parseErrorStatus), [[404, 404], [404, 404], [502, 504], [400, 499], [500, 599], [400, 599]]);
});

await t.test('what is no status of an error is refused with what would be one', async (t) => {
  for (const [text, message] of [['200', /no status of an error/], ['600', /no status/], ['3xx', /4xx or 5xx/], ['504-502', /write `502-504`/], ['40x', /no status/], ['', /no status/]] as const) {
    t.throws(() => parseErrorStatus(text), { name: 'RangeError', message }, text);
  }
  t.doesNotThrow(() => checkErrorPageKey('intercept'));
  t.throws(() => checkErrorPageKey('intercepts'), { name: 'RangeError' });
});
