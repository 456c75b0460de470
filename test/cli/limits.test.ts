import t from 'tap';
import { startAdmin } from '../helpers/admin-place.ts';
import { adminFile, commandOutcome } from '../helpers/admin-file.ts';

await t.test('what is counted of a client is a table; with --clear it begins anew', async (t) => {
  const { place, services: { limits: { states } } } = await startAdmin(t);
  const file = adminFile(t, place.address.port);
  states.set('192.0.2.7', [
    { scope: 'app.example.com/*', limit: '10/min', remaining: 3, retryAfterMs: 0 },
    { scope: 'logins', limit: '100/hour', remaining: 0, retryAfterMs: 900 },
  ]);
  const say = async (...args: string[]): Promise<unknown> => commandOutcome(['limits', '-c', file, ...args]);
  t.strictSame(await say('192.0.2.7'), [0, [
    'SCOPE              LIMIT     REMAINING  NEXT ONE',
    'app.example.com/*  10/min            3  now',
    'logins             100/hour          0  in 1 s',
    '',
  ].join('\n'), '']);
  t.strictSame(await say('192.0.2.7', '--clear'), [0, '192.0.2.7 begins anew: 2 counts are forgotten.\n', '']);
  t.strictSame(await say('192.0.2.7', '--clear'), [0, 'Nothing was counted of 192.0.2.7.\n', '']);
  t.strictSame(await say('192.0.2.7'), [0, 'Nothing is counted of 192.0.2.7: it has not been seen, or not for a while.\n', '']);
});

await t.test('without a key nobody is asked', async (t) => {
  for (const words of [[], ['']]) t.match(await commandOutcome(['limits', ...words, '-c', adminFile(t, 'off')]), [2, '', /write `sluice limits KEY`/]);
});
