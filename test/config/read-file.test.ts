import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { FileReading } from '../../src/config/file-reading.ts';
import { readBounded, readFault, readSources } from '../../src/config/read-file.ts';
import { Report } from '../../src/config/report.ts';
import { tempDir } from '../helpers/temp-dir.ts';

function readerOf(): Parameters<typeof readSources>[1] {
  const reading = new FileReading();
  return { read: reading.read, list: (folder) => reading.list(folder) };
}

function read(file: string): { files: string[]; faults: string[] } {
  const report = new Report();
  const files = readSources(file, readerOf(), report).map((source) => path.basename(source.file));
  return { files, faults: report.sorted().map(({ message }) => message) };
}

await t.test('a directory stands for its YAML files in the order of their names', async (t) => {
  const folder = tempDir(t);
  for (const name of ['b.yaml', 'a.yml', '.hidden.yaml', 'notes.txt', 'c.yaml~']) writeFileSync(path.join(folder, name), 'a: 1');
  t.strictSame(read(folder), { files: ['a.yml', 'b.yaml'], faults: [] });
});

await t.test('what cannot be read is said in words', async (t) => {
  const folder = tempDir(t);
  writeFileSync(path.join(folder, 'latin1.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xfc]));
  writeFileSync(path.join(folder, 'huge.yaml'), Buffer.alloc(4 * 1024 * 1024 + 1, 0x23));
  mkdirSync(path.join(folder, 'empty'));
  t.strictSame(read(path.join(folder, 'none.yaml')).faults, ['the file cannot be read: there is no such file']);
  t.strictSame(read(path.join(folder, 'latin1.yaml', 'x')).faults, ['the file cannot be read: there is no such file']);
  t.strictSame(read(path.join(folder, 'latin1.yaml')).faults, ['the file is not UTF-8 text']);
  t.strictSame(read(path.join(folder, 'huge.yaml')).faults, ['the file cannot be read: it is larger than 4 MB']);
  t.strictSame(read(path.join(folder, 'empty')).faults, ['the directory holds no *.yaml file']);
});

await t.test('neither a directory nor a device is read', async (t) => {
  t.throws(() => readBounded(tempDir(t)), /it is a directory/);
  t.throws(() => readBounded('/dev/zero'), /not a regular file/);
});

await t.test('a directory of too many files is refused', async (t) => {
  const folder = tempDir(t);
  for (let index = 0; index <= 200; index++) writeFileSync(path.join(folder, `${index}.yaml`), '');
  t.match(read(folder), { files: [], faults: [/201 YAML files/] });
});

await t.test('codes of the system become words', async (t) => {
  t.equal(readFault(Object.assign(new Error('x'), { code: 'EACCES' })), 'permission is denied');
  t.equal(readFault(Object.assign(new Error("ENAMETOOLONG, open '/secret'"), { code: 'ENAMETOOLONG' })), 'the system says ENAMETOOLONG');
  t.equal(readFault(new Error('odd')), 'odd');
});
