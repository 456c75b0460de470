import t from 'tap';
import { checkBroken, withUpstream } from '../../helpers/config-text.ts';

await t.test('what is wrong in `resolve` is said at its place', async (t) => {
  checkBroken(t, [
    [withUpstream('resolve: »off'), 'a set of options such as `max: 10s`'],
    [withUpstream('resolve: { max: »60 }'), '`60s`'],
    [withUpstream('resolve: { servers: »127.0.0.1 }'), 'a list of IP addresses'],
    [withUpstream('resolve: { servers: [»dns.example.com] }'), 'not the address of a DNS server'],
    [withUpstream('resolve: { servers: [»"127.0.0.1:0"] }'), 'between 1 and 65535'],
  ]);
});
