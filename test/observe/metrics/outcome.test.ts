import t from 'tap';
import { WORKER_METRICS } from '../../../src/observe/metrics/catalogue.ts';
import { LABELS } from '../../../src/observe/metrics/definition.ts';
import { decision, METRIC_OF, OUTCOMES, type OutcomeKind } from '../../../src/observe/metrics/outcome.ts';

const KINDS = Object.keys(OUTCOMES) as OutcomeKind[];

await t.test('every kind of decision has a metric, whose text lists the outcomes; where it counts several kinds, its label lists them', async (t) => {
  for (const kind of KINDS) {
    const { labels, help } = WORKER_METRICS[METRIC_OF[kind]];
    const third: readonly string[] = METRIC_OF[kind] === kind ? [] : [METRIC_OF[kind] === 'policies' ? 'policy' : 'credential'];
    t.strictSame(labels, ['route', ...third, 'outcome'], kind);
    for (const outcome of OUTCOMES[kind]) t.match(help, `\`${outcome}\``);
    for (const label of third) t.match(LABELS[label as keyof typeof LABELS], `\`${kind}\``);
  }
});

await t.test('each decision has a number of its own', async (t) => {
  const all = KINDS.flatMap((kind) => OUTCOMES[kind].map((outcome) => decision(kind, outcome)));
  t.strictSame(all.map(({ index }) => index), all.map((_, index) => index));
  t.equal(decision('jwt', 'passed'), decision('jwt', 'passed'));
  t.throws(() => decision('ip', 'passed' as 'refused'), { message: 'there is no outcome passed of ip' });
});
