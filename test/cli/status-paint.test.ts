import t from 'tap';
import { codePaint, levelPaint, statePaint } from '../../src/cli/status-paint.ts';

const mark = (sign: string) => (text: string): string => sign + text;
const STYLE = { faint: mark('.'), good: mark('+'), notable: mark('~'), warning: mark('?'), bad: mark('!') };

await t.test('states, answers and statuses are painted by how bad they are', async (t) => {
  const states = ['up', 'slow-start', 'half-open', 'draining', 'unhealthy', 'ejected', 'breaker-open', 'down'] as const;
  t.equal(states.map((state) => statePaint(state, STYLE)('')).join(''), '+???!!!!');
  t.equal((['good', 'warning', 'bad'] as const).map((level) => levelPaint(level, STYLE)('')).join(''), '+?!');
  t.equal([101, 200, 304, 404, 500].map((status) => codePaint(status, STYLE)('')).join(''), '++~?!');
});
