import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

const route = (option: string): string => `routes: [{ respond: {}, ${option} }]`;

await t.test('what is wrong in `accessLog` is said at its place', async (t) => {
  checkBroken(t, [
    ['accessLog: »xml', 'one of auto, json, pretty, combined and off'],
    ['accessLog: { format: »jsn }', 'Did you mean `json`?'],
    ['accessLog: { »fromat: json }', 'Did you mean `format`?'],
    ['accessLog: { fields: [time, »stauts] }', 'the name of a field', 'Did you mean `status`?'],
    ['accessLog: { fields: »[] }', 'empty list'],
    ['accessLog: { template: »"$remote_adr" }', 'did you mean `$remote_addr`?'],
    ['accessLog: { template: »"$http_cookie" }', 'never written'],
    ['accessLog: { headers: [»Authorization] }', 'never written'],
    ['accessLog: { headers: [»"a b"] }', 'not a header name'],
    ['accessLog: { to: »printer }', 'stdout, stderr, or a set of options'],
    ['accessLog: { to: { »path: a.log } }', 'no option `path`'],
    ['accessLog: { to: { syslog: »"http://a" } }', 'udp://host:514'],
    ['accessLog: { to: { syslog: "udp://a", facility: »demon } }', 'Did you mean `daemon`?'],
    ['accessLog: { to: { file: a, rotate: { size: »100 } } }', 'A size needs a unit'],
    ['accessLog: { to: { file: a, rotate: { keep: »0 } } }', 'from 1 to 1000'],
    ['accessLog: { mask: { address: »truncat } }', 'Did you mean `truncate`?'],
    ['accessLog: { mask: { patterns: { »"a b": x } } }', 'not a name'],
    ['accessLog: { mask: { patterns: { a: »"(?=x)" } } }', 'look-ahead'],
    ['accessLog: { mask: { email: »"on" } }', 'true or false'],
    ['accessLog: { buffer: »1KB }', 'from 64KB to 1GB'],
    [route('accessLog: »"no"'), 'true or false'],
    [route('accessLog: »error'), 'Did you mean `errors`?'],
    [route('accessLog: { sample: »10 }'), 'its sign: `10%`'],
    [route('»accessLog: { slow: 1s }'), '`sample` is missing'],
  ]);
});
