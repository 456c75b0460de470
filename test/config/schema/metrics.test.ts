import t from 'tap';
import { checkBroken, configOf } from '../../helpers/config-text.ts';

await t.test('the bounds of the metrics have defaults, each by itself', async (t) => {
  t.strictSame(configOf('').metrics, { routesMax: 1000, targetsMax: 1000 });
  t.strictSame(configOf('metrics: { targets: 0 }').metrics, { routesMax: 1000, targetsMax: 0 });
});

await t.test('what is wrong in the options of metrics is said at its place', async (t) => {
  checkBroken(t, [
    ['metrics: { routes: »-1 }', 'a whole number from 0 to 10000'],
    ['metrics: { targets: »many }', 'a whole number from 0 to 10000'],
    ['metrics: { »target: 5 }', 'Did you mean `targets`?'],
    ['metrics: »off', 'a set of options such as `targets: 0`'],
  ]);
});
