import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { openDescriptor } from '../../src/observe/descriptor.ts';
import { tempDir } from '../helpers/temp-dir.ts';

await t.test('a pipe is opened again without blocking, in writes it takes whole', { skip: process.platform !== 'linux' && 'needs /proc' }, async (t) => {
  const file = path.join(tempDir(t), 'pipe');
  execFileSync('mkfifo', [file]);
  const fd = openSync(file, constants.O_RDWR);
  const descriptor = openDescriptor(fd);
  t.teardown(() => [fd, descriptor.fd].forEach(closeSync));
  t.not(descriptor.fd, fd);
  t.match(descriptor, { isOwnPipe: true, chunkBytesMax: 4096 });
  const fill = (): void => {
    for (;;) writeSync(descriptor.fd, Buffer.alloc(4096));
  };
  t.throws(fill, { code: 'EAGAIN' }, 'full, and nobody waits');
});

await t.test('a file is used as it is, in large writes', async (t) => {
  const fd = openSync(path.join(tempDir(t), 'log'), 'a');
  t.teardown(() => closeSync(fd));
  t.strictSame(openDescriptor(fd), { fd, isOwnPipe: false, chunkBytesMax: 262_144 });
});

await t.test('a device and what is closed are no failure here', async (t) => {
  const fd = openSync('/dev/null', 'w');
  t.strictSame(openDescriptor(fd), { fd, isOwnPipe: false, chunkBytesMax: 32_768 });
  closeSync(fd);
  t.match(openDescriptor(fd), { fd, isOwnPipe: false });
});
