import t from 'tap';
import { COMBINED_TEMPLATE, LOG_VARIABLES, parseLogTemplate } from '../../src/config/log-template.ts';

await t.test('a template is text and variables, as nginx reads a log_format', async (t) => {
  t.strictSame(parseLogTemplate('[$status] ${scheme}x $http_X_Tenant $sent_http_etag "$arg_Page"'), [
    '[', { variable: 'status' }, '] ', { variable: 'scheme' }, 'x ', { family: 'http_', name: 'x-tenant' }, ' ', { family: 'sent_http_', name: 'etag' }, ' "', { family: 'arg_', name: 'page' }, '"',
  ]);
  t.equal(parseLogTemplate(COMBINED_TEMPLATE).filter((part) => typeof part !== 'string').length, 8);
  for (const name of LOG_VARIABLES) t.strictSame(parseLogTemplate(`$${name}`), [{ variable: name }]);
});

await t.test('a variable that is not there is an error that says what was meant, or why there is none', async (t) => {
  const cases = [
    ['$remote_adr', 'did you mean `$remote_addr`?'], ['$requst', 'did you mean `$request`?'], ['$xyzzy', 'no variable `$xyzzy`'], ['$bytes_sent', '$body_bytes_sent'], ['$ssl_cipher', 'not kept'],
    ['50$', 'none behind it'], ['$ status', 'none behind it'], ['$http_', 'no variable'], ['', 'empty'], ['  ', 'empty'], ['$status\n$scheme', 'one line'], ['a\u2028b', 'one line'],
  ] as const;
  for (const [template, words] of cases) t.throws(() => parseLogTemplate(template), { name: 'RangeError', message: new RegExp(words.replaceAll(/[$?]/g, String.raw`\$&`)) }, `${words}: ${template.length} characters`);
  t.throws(() => parseLogTemplate('$status '.repeat(101)), /more than 100/);
});

await t.test('threat: nothing that holds a credential can be asked for', async (t) => {
  for (const name of ['http_authorization', 'http_cookie', 'http_x_api_key', 'HTTP_COOKIE', 'sent_http_set_cookie', 'cookie_sid', 'upstream_http_set_cookie', 'arg_token', 'arg_API_KEY', 'http_Authorization']) {
    t.throws(() => parseLogTemplate(`$${name}`), { name: 'RangeError' }, name);
  }
});
