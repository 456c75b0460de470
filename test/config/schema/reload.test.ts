import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

await t.test('what is wrong about reloads is said at its place', async (t) => {
  checkBroken(t, [
    ['reload: »on', 'a set of options such as `guard: 30s`'],
    ['reload: { »gaurd: 30s }', 'guard'],
    ['reload: { watch: »never }', '`true` or `off`'],
    ['reload: { guard: »1s }', 'from 5s to 10m'],
    ['reload: { guard: »30 }', '30s'],
    ['reload: { guard: »true }', '`off`, a duration such as 30s'],
    ['reload: { guard: { for: »off } }', 'write `guard: off`'],
    ['reload: { guard: { errors: »5 } }', '5%'],
    ['reload: { guard: { p95: »2 } }', 'a multiple such as 2x'],
    ['reload: { guard: { p95: »"2" } }', 'write `2x`'],
    ['reload: { guard: { minRequests: »0 } }', 'from 1 to 1000000'],
    ['reload: { guard: { »time: 30s } }', 'Allowed here'],
  ]);
});
