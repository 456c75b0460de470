import { spawnSync } from 'node:child_process';
import t from 'tap';
import { main } from '../../src/cli/command-line.ts';
import { password } from '../../src/cli/password.ts';
import { parseUserFile } from '../../src/config/credentials/user-file.ts';
import { isPassword } from '../../src/policy/basic/password-verifier.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

await t.test('the hash of a password is one that basic takes', async (t) => {
  const terminal = new MemoryTerminal({}, 'pässword: 1');
  t.equal(await main(['password', 'anna'], terminal), 0);
  const [user] = parseUserFile(/htpasswd file: +(.*)/.exec(terminal.printed)?.[1] ?? '');
  if (user === undefined) throw new Error(terminal.printed);
  t.equal(user.name, 'anna');
  t.equal(await isPassword('pässword: 1', user.hash), true);
  t.equal(await isPassword('password: 1', user.hash), false);
  t.notMatch(terminal.printed, 'ssword: 1');
});

await t.test('what cannot be a name or a password exits with 2', async (t) => {
  const options = { json: false, renew: null, roles: null, expires: null, headers: [], client: null, running: false, wait: false };
  t.equal(await password('', new MemoryTerminal({}, ''), { ...options, words: ['anna'] }), 2);
  t.equal(await password('', new MemoryTerminal({}, 'a\0b'), { ...options, words: [] }), 2);
  t.equal(await password('', new MemoryTerminal({}, 'good'), { ...options, words: ['a:b'] }), 2);
});

await t.test('as a process: what is piped in, without its line feed', async (t) => {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, 'password', 'anna'], { input: 'secret\n', encoding: 'utf8' });
  const [user] = parseUserFile(/htpasswd file: +(.*)/.exec(stdout)?.[1] ?? '');
  t.ok(status === 0 && user !== undefined && (await isPassword('secret', user.hash)));
});
