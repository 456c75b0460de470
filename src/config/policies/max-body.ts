import { Type } from '../../lib/schema-type.ts';
import { parseBytes } from '../../lib/bytes.ts';
import { offOr, text } from '../schema/value.ts';
import { policyKind } from './policy-kind.ts';

const size = text('bodySize', { description: 'The largest body that is let through.' });

/** How long the body of a request may be. */
interface MaxBodyConfig {
  readonly bytes: number;
}

/** Nothing is said of it in most files, and then there is no bound: bodies are passed on as they come, and cost no memory. */
export const maxBody = policyKind({
  schema: Type.Object({ size: Type.Optional(size) }),
  option: offOr(size, {
    default: 'off',
    description: 'The largest body of a request. A longer one gets 413: at once where it says its length, and else as soon as it is too long; the upstream sees it broken off, and it counts as no failure of the upstream. Without it there is no limit, because bodies are passed on as they come and take no memory. Of a gRPC call only a length that it says itself is held against it, because it is a stream.',
    expects: 'a size such as 20MB, or `off`',
    examples: ['20MB', '64KB'],
  }),
  shorthand: 'size',
  always: false,
  resolve({ size: given }, place): MaxBodyConfig | null {
    if (given !== undefined) return { bytes: parseBytes(given) };
    place.report.error(place.at(), 'the size is missing', 'Write `maxBody: 20MB`, or `off`.');
    return null;
  },
});
