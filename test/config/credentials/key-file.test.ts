import t from 'tap';
import { CredentialFileError, type LineFault } from '../../../src/config/credentials/file-fault.ts';
import { parseKeyFile } from '../../../src/config/credentials/key-file.ts';

const HEX = '0123456789abcdef'.repeat(4);
const OTHER = 'fedcba9876543210'.repeat(4);
const KEY = 'slk_0123456789ABCDEFGHIJKLMNOPQRSTUV';

function faultsOf(file: string, text: string): readonly LineFault[] {
  try {
    parseKeyFile(file, text);
  } catch (error) {
    if (error instanceof CredentialFileError) return error.faults;
    throw error;
  }
  return [];
}

await t.test('one key a line', async (t) => {
  const keys = parseKeyFile('keys.txt', `# for the app\nmobile sha256:${HEX} roles=reader\n\npartner sha256:${OTHER}\n`);
  t.match(keys, [{ name: 'mobile', hash: HEX, roles: ['reader'] }, { name: 'partner', hash: OTHER }]);
  t.strictSame(parseKeyFile('keys.txt', '# nobody\n'), []);
});

await t.test('a list in YAML, as the configuration has it', async (t) => {
  const list = `- { name: mobile, hash: "sha256:${HEX}", roles: [reader], limit: 5/s }\n- partner sha256:${OTHER}\n`;
  for (const text of [list, `keys:\n${list.replaceAll(/^/gm, '  ').trimEnd()}\n`]) {
    t.match(parseKeyFile('/etc/keys.yaml', text), [{ name: 'mobile', hash: HEX, roles: ['reader'], limits: [{ requests: 5 }] }, { name: 'partner', hash: OTHER }]);
  }
  for (const empty of ['', '# nobody\n', '[]']) t.strictSame(parseKeyFile('keys.yml', empty), [], JSON.stringify(empty));
});

await t.test('threat: faults have a line, and nothing of what stands there', async (t) => {
  const cases: readonly (readonly [file: string, text: string, line: number])[] = [
    ['keys.txt', `a sha256:${HEX}\nmobile ${KEY}`, 2],
    ['keys.txt', `a sha256:${HEX}\nb sha256:${HEX}`, 1],
    ['keys.yaml', `- a sha256:${OTHER}\n- { name: mobile, key: ${KEY} }`, 2],
    ['keys.yaml', `- { name: mobile, hash: ${KEY} }`, 1],
    ['keys.yaml', `mobile: ${KEY}`, 1],
    ['keys.yaml', `- "${KEY}`, 1],
    ['keys.yaml', `- ${KEY}: [`, 1],
    ['keys.yaml', '- { name: mobile, hash: "${SECRET}" }', 1],
    ['keys.yaml', '- { name: mobile, hash: "file:/etc/passwd" }', 1],
  ];
  for (const [file, text, line] of cases) {
    const faults = faultsOf(file, text);
    t.equal(faults[0]?.line, line, text);
    t.notOk(JSON.stringify(faults).includes(KEY.slice(4, 12)), JSON.stringify(faults));
  }
});
