import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { LogFields } from '../../src/observe/log-entry.ts';
import { holdCredentialFile } from '../../src/policy/credential-file.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { policyServices } from '../helpers/policies.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

function parse(text: string): string {
  if (text.includes('secret')) throw new RangeError('line 1: it is wrong');
  return text;
}

await t.test('one watch for all who name the file, over generations, and the log tells of it', async (t) => {
  const file = path.join(tempDir(t), 'list');
  const clock = new ManualClock();
  const lines: string[] = [];
  const say = (message: string, fields?: LogFields): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const services = { ...policyServices(clock), logger: { error: say, warn: say, info: say, debug: say, isDebug: false } };
  const tickers = clock.tickers;
  writeFileSync(file, 'one');
  const init = { path: file, what: 'users', initial: '', parse };
  const [first, second] = await Promise.all([holdCredentialFile(init, services), holdCredentialFile(init, services)]);
  const other = await holdCredentialFile({ ...init, what: 'API keys' }, services);
  t.strictSame([first.value, second.value, other.value, clock.tickers - tickers], ['one', 'one', 'one', 2]);
  await first.release();
  writeFileSync(file, 'secret');
  await eventually(() => {
    clock.advance(500);
    return lines.filter((line) => line.includes('cannot be used')).length === 2;
  });
  t.equal(second.value, 'one');
  t.strictSame(lines.filter((line) => line.includes('users')), [
    `a file cannot be used; the users of before stay in force {"file":"${file}","reason":"line 1: it is wrong"}`,
  ]);
  t.notMatch(lines.join(), /secret/);
  writeFileSync(file, 'two');
  await eventually(() => {
    clock.advance(500);
    return second.value === 'two';
  });
  t.ok(lines.includes(`the users of a file have changed and are in force {"file":"${file}"}`));
  rmSync(file);
  const third = await holdCredentialFile({ ...init, initial: 'of the configuration' }, services);
  t.equal(third.value, 'two', 'what is in force is handed on, also where the file is gone');
  await Promise.all([second.release(), third.release(), other.release()]);
  t.equal(clock.tickers, tickers);
});
