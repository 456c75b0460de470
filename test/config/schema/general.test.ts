import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

await t.test('what is wrong in the general options is said at its place', async (t) => {
  checkBroken(t, [
    ['workers: »0', 'from 1 to 64'],
    ['workers: »many', '`auto` or a whole number from 1 to 64'],
    ['workers: »[1]', 'not a list'],
    ['trustedProxies: »10.0.0.0/8', 'a list of addresses and CIDR blocks'],
    ['trustedProxies: [»10.0.0.0/33]', 'IPv4 has 0 to 32 bits'],
    ['trustedProxies: [10.0.0.1, »proxy]', 'neither an address nor a CIDR block'],
    ['log: { level: »inf }', 'one of error, warn, info and debug', 'Did you mean `info`?'],
    ['log: »info', 'a set of options such as `level: info`'],
    ['drainTimeout: »9', '`9s`'],
    ['drainTimeout: »off', 'must have an end'],
  ]);
});
