import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

await t.test('what is wrong about traces is said at its place', async (t) => {
  checkBroken(t, [
    ['traces: »on', 'a set of options such as `endpoint: http://collector:4318`'],
    ['traces: { »url: "http://c" }', 'Allowed here: endpoint'],
    ['traces: { endpoint: »"collector:4318" }', 'starts with http:// or https://'],
    ['traces: { endpoint: »"http://a:b@c" }', 'no user name'],
    ['traces: { sample: »0.1 }', '`0.1%`'],
    ['traces: { sample: »200% }', 'up to 100%'],
    ['traces: { trustClients: »yes }', 'one of ids, all and none'],
    ['traces: { endpoint: "http://c", queue: »0 }', 'from 1 to 100000'],
    ['traces: { endpoint: "http://c", timeout: »off }', 'must have an end'],
    ['traces: { endpoint: "http://c", headers: { »content-length: "1" } }', 'set by the gateway itself'],
    ['traces: { endpoint: "http://c", user: »1 }', 'true or false'],
  ]);
});
