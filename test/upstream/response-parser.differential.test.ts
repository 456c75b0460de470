import t, { type Test } from 'tap';
import { parseWithNode } from '../helpers/node-http-client.ts';
import { generateResponse, type GeneratedResponse } from '../helpers/response-generator.ts';
import { parseResponse, type RecordedResponse } from '../helpers/response-recorder.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';

const CASES = 6000;
const CASES_AT_ONCE = 100;
const SEED = 20_261_120;

interface Comparison {
  readonly generated: GeneratedResponse;
  readonly ours: RecordedResponse;
  readonly node: RecordedResponse;
}

const comparisons: Comparison[] = [];

t.before(async () => {
  const random = new SeededRandom(SEED);
  for (let done = 0; done < CASES; done += CASES_AT_ONCE) {
    const batch = Array.from({ length: CASES_AT_ONCE }, () => compare(generateResponse(random)));
    comparisons.push(...(await Promise.all(batch)));
  }
});

async function compare(generated: GeneratedResponse): Promise<Comparison> {
  const { bytes, method, upgradeRequested } = generated;
  const ours = parseResponse(bytes, generated);
  // Bytes after a complete response are left to the caller, who drops the connection; to Node they can be an error.
  const answer = ours.outcome === 'complete' ? bytes.subarray(0, bytes.length - ours.rest.length) : bytes;
  return { generated, ours, node: await parseWithNode(answer, method, upgradeRequested) };
}

/** Reports the first case a rule does not hold for, with all that is needed to understand it. */
function checkAll(t: Test, rule: string, holds: (comparison: Comparison) => boolean): void {
  const failed = comparisons.find((comparison) => !holds(comparison));
  t.equal(failed && describe(failed), undefined, rule);
}

function describe({ generated, ours, node }: Comparison): string {
  const asked = `${generated.method}${generated.upgradeRequested ? ' with upgrade' : ''}`;
  return `${asked}\n${JSON.stringify(generated.bytes.toString('latin1'))}\nours: ${JSON.stringify(ours)}\nnode: ${JSON.stringify(node)}`;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** All but the reason of a refusal: what is wrong twice may be found in another order. */
function key(response: RecordedResponse): string {
  return JSON.stringify(response.outcome === 'refused' ? { ...response, reason: '' } : response);
}

function isPrefix(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

await t.test('the cases hold many of each outcome, so that the rules below are tried', async (t) => {
  const count = (outcome: RecordedResponse['outcome']) => comparisons.filter(({ ours }) => ours.outcome === outcome).length;
  t.ok(count('complete') > 1000, `complete: ${count('complete')}`);
  t.ok(count('refused') > 1000, `refused: ${count('refused')}`);
  t.ok(count('upgraded') > 100, `upgraded: ${count('upgraded')}`);
  t.ok(count('cut') > 50, `cut: ${count('cut')}`);
  t.ok(comparisons.filter(({ ours }) => ours.trailers.length > 0).length > 50, 'with trailers');
  t.ok(comparisons.filter(({ ours }) => ours.informational.length > 0).length > 200, 'with informational responses');
});

await t.test('nothing that Node refuses is accepted', async (t) => {
  checkAll(t, 'accepted by Node too', ({ ours, node }) => {
    const accepted = ours.outcome === 'complete' || ours.outcome === 'upgraded';
    return !accepted || node.outcome === ours.outcome;
  });
});

await t.test('what is accepted means the same to Node', async (t) => {
  checkAll(t, 'the same heads, body, trailers and rest', ({ ours, node }) => {
    if (ours.outcome !== 'complete' && ours.outcome !== 'upgraded') return true;
    const rest = ours.outcome !== 'upgraded' || ours.rest === node.rest;
    const sections = same(ours.informational, node.informational) && same(ours.head, node.head) && same(ours.trailers, node.trailers);
    return rest && sections && ours.body === node.body;
  });
});

await t.test('what is cut off is not complete for Node either, and the part passed on is the same', async (t) => {
  checkAll(t, 'the same part', ({ ours, node }) => {
    if (ours.outcome !== 'cut') return true;
    if (node.outcome === 'complete' || node.outcome === 'upgraded') return false;
    return same(ours.informational, node.informational) && same(ours.head, node.head) && (ours.body === node.body || node.outcome === 'refused');
  });
});

await t.test('what was passed on before a refusal is what Node passed on', async (t) => {
  checkAll(t, 'the same part', ({ ours, node }) => {
    if (ours.outcome !== 'refused') return true;
    const heads = ours.head === null || node.head === null || same(ours.head, node.head);
    return heads && isPrefix(ours.body, node.body);
  });
});

await t.test('the reads that bytes come in change nothing', async (t) => {
  checkAll(t, 'the same in two reads, cut at every byte, and in reads of one byte', ({ generated, ours }) => {
    const whole = key(ours);
    const inBytes = { ...generated, readSizes: Array.from(generated.bytes, () => 1) };
    if (key(parseResponse(generated.bytes, inBytes)) !== whole) return false;
    for (let first = 1; first < generated.bytes.length; first++) {
      if (key(parseResponse(generated.bytes, { ...generated, readSizes: [first] })) !== whole) return false;
    }
    return true;
  });
});
