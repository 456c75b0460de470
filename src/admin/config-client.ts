import { randomBytes } from 'node:crypto';
import type { ListenAddress } from '../config/config.ts';
import { AdminClientError, askAdmin, parseObject, unusableAnswer } from './admin-client.ts';
import type { ConfigValue } from './config-values.ts';
import { addressText } from './loopback.ts';
import { DIGESTS_MAX, digestOf } from './value-digest.ts';

const VALUES_MAX = 999_999;
const SALT_BYTES = 32;
/** A question is a look at each value of the gateway. */
const QUESTIONS_MAX = 50;
/** Of the body of a question, in which the admin server takes 16 KiB. */
const PATHS_CHARS_MAX = 8000;
const DIGEST_CHARS = 100;
/** A file of 50,000 routes in full. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

/** The configuration of a running Sluice, value by value, with its defaults. Throws AdminClientError where no usable answer comes. */
export async function getConfig(address: ListenAddress, token: string | null = null): Promise<readonly ConfigValue[]> {
  const answer = await askAdmin(address, { method: 'GET', path: `/config?limit=${VALUES_MAX}`, token, answerBytesMax: ANSWER_BYTES_MAX });
  const { values, truncated } = parseObject(answer.body) as { values?: unknown; truncated?: unknown };
  if (answer.status !== 200 || !Array.isArray(values) || !values.every(isValue) || truncated === true) throw unusableAnswer(address, 'does not tell its configuration', answer);
  // There is none without values: they are there before the first is in force.
  if (values.length === 0) throw new AdminClientError(`The Sluice at ${addressText(address)} has no configuration in force yet.`);
  return values;
}

/** How many workers a running Sluice has. Throws AdminClientError where no usable answer comes. */
export async function getWorkerCount(address: ListenAddress, token: string | null = null): Promise<number> {
  const answer = await askAdmin(address, { method: 'GET', path: '/health', token, answerBytesMax: ANSWER_BYTES_MAX });
  const { workers } = parseObject(answer.body) as { workers?: unknown };
  if (answer.status !== 200 || !Array.isArray(workers)) throw unusableAnswer(address, 'does not tell its state', answer);
  return workers.length;
}

/**
 * Which values the running Sluice has as they are here; sent are salted digests.
 * @returns paths; null: it cannot tell, or there are too many. Throws AdminClientError where none answers.
 */
export async function askSame(address: ListenAddress, values: readonly { readonly path: string; readonly read: unknown }[], token: string | null = null): Promise<ReadonlySet<string> | null> {
  const questions = inQuestions(values);
  if (questions.length > QUESTIONS_MAX) return null;
  const answers = await Promise.all(questions.map(async (question) => {
    const salt = randomBytes(SALT_BYTES).toString('hex');
    const content = { salt, values: question.map(({ path, read }) => ({ path, digest: digestOf(salt, read) })) };
    const { status, body } = await askAdmin(address, { method: 'POST', path: '/config/compare', token, content });
    const { same } = parseObject(body) as { same?: unknown };
    return status === 200 && Array.isArray(same) ? same.map(String) : null;
  }));
  return answers.includes(null) ? null : new Set(answers.flatMap((same) => same ?? []));
}

function inQuestions<T extends { readonly path: string }>(values: readonly T[]): T[][] {
  const questions: T[][] = [];
  let chars = Infinity;
  for (const value of values) {
    const question = questions.at(-1);
    chars += value.path.length + DIGEST_CHARS;
    if (question !== undefined && question.length < DIGESTS_MAX && chars <= PATHS_CHARS_MAX) question.push(value);
    else {
      questions.push([value]);
      chars = value.path.length + DIGEST_CHARS;
    }
  }
  return questions;
}

function isValue(value: unknown): value is ConfigValue {
  return typeof value === 'object' && value !== null && 'path' in value && typeof value.path === 'string' && 'from' in value && typeof value.from === 'string'
    && 'value' in value && (value.value === null || ['string', 'number', 'boolean'].includes(typeof value.value));
}
