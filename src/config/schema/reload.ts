import { Type } from '../../lib/schema-type.ts';
import { closed, count, text } from './value.ts';

export const guardSchema = Type.Object({
  for: text('guardTime', { default: '30s', description: 'How long the new configuration is watched, from 5s to 10m.', examples: ['2m'] }),
  errors: text('percent', {
    default: '5%',
    description:
      'By how many points the share of requests that the gateway answers with an error of its own, 500 or above, may rise: with `5%`, from 1% to 6%. What an app answers itself does not count. On a route that is new, this is the share it may have.',
    examples: ['1%'],
  }),
  p95: text('multiple', {
    default: '2x',
    description: 'How many times as long answers may take to begin (95th percentile). Less than 25 ms more never counts. `off`: slowness does not count.',
    examples: ['1.5x', 'off'],
  }),
  minRequests: count({ minimum: 1, maximum: 1_000_000, default: 20, description: 'A route, or all of them together, is judged by no fewer requests than this.' }),
});

export const reloadSchema = Type.Object({
  watch: Type.Union([Type.Boolean({ description: 'Whether it is so.' }), Type.Enum(['off'], { description: 'Turned off.' })], {
    default: true,
    description: 'A change of the configuration, or of a file that it names, is taken over by itself. With `off` that takes `sluice reload` or the signal SIGHUP.',
    expects: '`true` or `off`',
    examples: ['off'],
  }),
  guard: Type.Union(
    [
      Type.Enum(['off'], { description: 'Turned off.' }),
      text('guardTime', { description: 'The time, with all other options as they are.' }),
      Type.Partial(guardSchema, { ...closed, description: 'The options.', expects: 'a set of options such as `for: 30s`' }),
    ],
    {
      default: 'off',
      description:
        'After a reload the new configuration is watched, and the one before comes back by itself where a route, or all of them together, has more errors or is slower than before. Only requests that began after the reload count. Counting begins with the first configuration that has this option: at its own reload only new routes are judged. What was taken back is tried again when the file changes or somebody asks for a reload.',
      expects: '`off`, a duration such as 30s, or a set of options such as `errors: 5%`',
      examples: ['30s', { for: '1m', errors: '2%', p95: '3x', minRequests: 50 }],
    },
  ),
});

export const reloadOption = Type.Optional(
  Type.Partial(reloadSchema, {
    ...closed,
    description: 'How a changed configuration takes the place of the one in force. A reload cuts nothing, and one with errors changes nothing.',
    expects: 'a set of options such as `guard: 30s`',
    examples: [{ guard: '30s' }, { watch: 'off' }],
  }),
);
