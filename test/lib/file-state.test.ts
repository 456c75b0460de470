import { renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { fileState } from '../../src/lib/file-state.ts';
import { tempDir } from '../helpers/temp-dir.ts';

await t.test('another content, another file and none at all are other states', async (t) => {
  const file = path.join(tempDir(t), 'a');
  const states: string[] = [await fileState(file)];
  writeFileSync(file, 'one');
  states.push(await fileState(file));
  t.equal(await fileState(file), states[1], 'the same as long as nothing happens');
  writeFileSync(file, 'longer');
  states.push(await fileState(file));
  utimesSync(file, 1, 1);
  states.push(await fileState(file));
  writeFileSync(`${file}.new`, 'longer');
  utimesSync(`${file}.new`, 1, 1);
  renameSync(`${file}.new`, file);
  states.push(await fileState(file), await fileState(path.join(file, 'below')));
  t.equal(new Set(states).size, states.length);
  rmSync(file);
  t.equal(await fileState(file), 'ENOENT');
});
