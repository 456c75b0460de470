import t from 'tap';
import { readAnswerFacts } from '../../../src/policy/compress/answer-facts.ts';

await t.test('type and cookie, in any case', async (t) => {
  t.strictSame(readAnswerFacts(['content-TYPE', 'text/html', 'Set-Cookie', 'a=b', 'X-Other', 'no-transform']), { contentType: 'text/html', isFixed: false, setsCookie: true });
  t.strictSame(readAnswerFacts([]), { contentType: '', isFixed: false, setsCookie: false });
});

await t.test('what must stay as it is', async (t) => {
  const fixed: readonly (readonly [name: string, value: string])[] = [
    ['Content-Encoding', 'gzip'], ['content-encoding', 'aws-chunked'], ['Cache-Control', 'public, no-transform'], ['cache-control', 'No-Transform'],
    ['Cache-Control', 'max-age=1,no-transform,public'], ['Content-Range', 'bytes 0-1/2'], ['Content-Digest', 'sha-256=:x:'], ['Repr-Digest', 'sha-256=:x:'], ['Digest', 'x'], ['Content-MD5', 'x'],
  ];
  for (const [name, value] of fixed) t.equal(readAnswerFacts(['A', 'b', name, value, 'C', 'd']).isFixed, true, `${name}: ${value}`);
  const free: readonly (readonly [name: string, value: string])[] = [
    ['Content-Encoding', 'identity'], ['Content-Encoding', ''], ['Cache-Control', 'no-transformation, x-no-transform'], ['Cache-Control', 'no-store'], ['Want-Digest', 'x'],
  ];
  for (const [name, value] of free) t.equal(readAnswerFacts([name, value]).isFixed, false, `${name}: ${value}`);
});
