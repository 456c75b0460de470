import { Type } from '../../lib/schema-type.ts';
import { closed, count } from './value.ts';

const SERIES_MAX = 10_000;

export const metricsSchema = Type.Object({
  routes: count({
    minimum: 0, maximum: SERIES_MAX, default: 1000,
    description: 'Routes with series of their own, in the order of the file; those beyond are counted together as `(others)`.',
  }),
  targets: count({
    minimum: 0, maximum: SERIES_MAX, default: 1000,
    description: 'Targets with series of their own for times; those beyond are counted together as `(others)` of their upstream.',
  }),
});

export const metricsOption = Type.Optional(
  Type.Partial(metricsSchema, {
    ...closed,
    description: 'Bounds of what `/metrics` of the admin listener answers; what that is stands in [METRICS.md](METRICS.md).',
    expects: 'a set of options such as `targets: 0`',
    examples: [{ routes: 200, targets: 0 }],
  }),
);
