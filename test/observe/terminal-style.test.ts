import t from 'tap';
import { clockTime, terminalStyle } from '../../src/observe/terminal-style.ts';

await t.test('with colour every paint is an escape that is closed again; without, the text alone', async (t) => {
  const painted = Object.values(terminalStyle(true)).map((paint: (text: string) => string) => paint('x'));
  for (const text of painted) {
    t.ok(text.startsWith('\u001b[') && text.endsWith('mx\u001b[0m'), JSON.stringify(text));
  }
  t.equal(new Set(painted).size, 5, 'they differ');
  for (const paint of Object.values(terminalStyle(false))) t.equal((paint as (text: string) => string)('x'), 'x');
});

await t.test('a time of day has two digits in each part', async (t) => {
  t.equal(clockTime(new Date(2026, 0, 2, 3, 4, 5).getTime()), '03:04:05');
  t.equal(clockTime(new Date(2026, 0, 2, 23, 59, 10).getTime()), '23:59:10');
});
