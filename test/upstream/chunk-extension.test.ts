import t from 'tap';
import { EXTENSION_END, EXTENSION_FAULT, EXTENSION_NAME_START, stepExtension } from '../../src/upstream/chunk-extension.ts';

/** What stands between the first semicolon and the LF of a chunk line. */
function run(extensions: string): 'ended' | 'fault' | 'open' {
  let state: number = EXTENSION_NAME_START;
  for (const octet of Buffer.from(extensions, 'latin1')) state = stepExtension(state, octet);
  if (state === EXTENSION_END) return 'ended';
  return state === EXTENSION_FAULT ? 'fault' : 'open';
}

for (const extensions of ['a\r', 'a=b\r', 'a="b"\r', 'a=""\r', 'a=";\\"\t\\\\\xe9"\r', 'a;b=c;d="e"\r']) {
  await t.test(`takes ${JSON.stringify(extensions)}`, async (t) => {
    t.equal(run(extensions), 'ended');
  });
}

const REFUSED = [
  '\r', ' a\r', 'a \r', 'a\t\r', ';\r', 'a;\r', 'a;;b\r', 'a=\r', 'a=;b\r', '=b\r', 'a=b=c\r', 'a=b"c"\r', 'a="b"c\r', 'a="b" \r',
  'a="\r', 'a="\n"\r', 'a="\x00"\r', 'a="\\\x01"\r', 'a\n', 'a=b\n', 'a="b"\n', '\xe9\r', 'a=\xe9\r', 'a\r\r',
];

for (const extensions of REFUSED) {
  await t.test(`refuses ${JSON.stringify(extensions)}, where another reader could see another line end`, async (t) => {
    t.equal(run(extensions), 'fault');
  });
}

await t.test('a line end within quotes does not end the line', async (t) => {
  t.equal(run('a="b;c'), 'open');
});
