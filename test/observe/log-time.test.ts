import t from 'tap';
import { commonLogTime, isoTime, localIsoTime } from '../../src/observe/log-time.ts';

await t.test('the text of a time is right in every ms, also when the second goes back', async (t) => {
  for (const epochMs of [0, 9, 99, 999, 1000, 1_767_323_045_678, 5]) t.equal(isoTime(epochMs), new Date(epochMs).toISOString());
});

await t.test('local times have the zone of this place', async (t) => {
  for (const epochMs of [1_767_323_045_678, 1_783_000_000_000, 0]) {
    t.equal(Date.parse(localIsoTime(epochMs)), Math.floor(epochMs / 1000) * 1000);
    const [, day, month, year, clock, zone] = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(commonLogTime(epochMs)) ?? [];
    t.equal(Date.parse(`${day} ${month} ${year} ${clock} ${zone}`), Math.floor(epochMs / 1000) * 1000);
  }
});
