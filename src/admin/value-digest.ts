import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Static } from 'typebox';
import { Type } from '../lib/schema-type.ts';
import { inSlices } from '../lib/slices.ts';
import type { ReadValue } from './config-values.ts';

/** So many fit into one question. */
export const DIGESTS_MAX = 64;

const DIGEST_CHARS = 64;

/** Whether values that may not be shown are the same elsewhere, asked without saying them. */
export const digestQuestionSchema = Type.Object(
  {
    salt: Type.String({ minLength: 32, maxLength: 128, description: 'Random text, another one for each question.' }),
    values: Type.Array(
      Type.Object({
        path: Type.String({ minLength: 1, maxLength: 2000, description: 'As in /config.' }),
        digest: Type.String({ pattern: `^[0-9a-f]{${DIGEST_CHARS}}$`, description: 'HMAC-SHA256 of the value as JSON, with the salt as its key, in hexadecimal.' }),
      }, { additionalProperties: false }),
      { minItems: 1, maxItems: DIGESTS_MAX, description: 'Values, each once.' },
    ),
  },
  { additionalProperties: false },
);

export type DigestQuestion = Static<typeof digestQuestionSchema>;

/** Of a value as it was read. */
export function digestOf(salt: string, read: unknown): string {
  return createHmac('sha256', salt).update(JSON.stringify(read)).digest('hex');
}

/** Paths of the values that have these digests. Of a path that is asked for twice the first question counts, so that nobody tries many at once. */
export async function samePaths(values: Iterable<ReadValue>, { salt, values: asked }: DigestQuestion): Promise<string[]> {
  const digests = new Map<string, string>();
  for (const { path, digest } of asked) if (!digests.has(path)) digests.set(path, digest);
  const same: string[] = [];
  for await (const slice of inSlices(values)) {
    for (const { path, read } of slice) {
      const digest = digests.get(path);
      if (digest !== undefined && timingSafeEqual(Buffer.from(digest), Buffer.from(digestOf(salt, read)))) same.push(path);
    }
  }
  return same;
}
