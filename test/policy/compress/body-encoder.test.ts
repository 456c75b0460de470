import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { BodyEncoder } from '../../../src/policy/compress/body-encoder.ts';
import { encodingOf } from '../../../src/policy/compress/encoding.ts';
import { eventually } from '../../helpers/wait-for.ts';

/** Somebody who has a body encoded, and what came of it. */
class User {
  readonly chunks: Buffer[] = [];
  taken = 0;
  last: Buffer | null = null;
  ended = false;
  error: unknown = null;

  get content(): Buffer {
    return Buffer.concat([...this.chunks, ...(this.last === null ? [] : [this.last])]);
  }

  onEncoded(chunk: Buffer): void {
    this.chunks.push(chunk);
  }

  onEncodedEnd(last: Buffer | null): void {
    this.last = last;
    this.ended = true;
  }

  onTaken(): void {
    this.taken += 1;
  }

  onEncoderFailed(error: unknown): void {
    this.error = error;
  }
}

function encode(isLive = false): { readonly user: User; readonly encoder: BodyEncoder } {
  const user = new User();
  return { user, encoder: new BodyEncoder(encodingOf('gzip', 5), -1, isLive, user) };
}

await t.test('the last bytes are kept for the end', async (t) => {
  const { user, encoder } = encode();
  encoder.write(Buffer.from('hello '));
  t.equal(encoder.inHandBytes, 6);
  await eventually(() => user.taken === 1);
  t.equal(encoder.inHandBytes, 0);
  encoder.end(Buffer.from('world'));
  await eventually(() => user.ended);
  t.ok(user.last !== null && user.last.length > 0);
  t.equal(gunzipSync(user.content).toString(), 'hello world');
});

await t.test('flush gives out what was held back, once', async (t) => {
  const { user, encoder } = encode();
  encoder.flush();
  encoder.write(Buffer.from('hello'));
  await eventually(() => user.taken === 1);
  const before = user.content.length;
  encoder.flush();
  await eventually(() => user.content.length > before);
  const after = user.content.length;
  encoder.flush();
  encoder.end(null);
  await eventually(() => user.ended);
  t.equal(gunzipSync(user.content).toString(), 'hello');
  t.ok(user.content.length - after < 20, 'the rest is the end of the format');
});

await t.test('one that is destroyed says nothing more', async (t) => {
  const { user, encoder } = encode(true);
  encoder.write(Buffer.alloc(100_000, 'a'));
  encoder.destroy();
  encoder.write(Buffer.from('b'));
  encoder.end(null);
  await new Promise((resolve) => { setImmediate(resolve); });
  t.match(user, { ended: false, error: null });
});
