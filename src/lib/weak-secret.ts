/** Of `HS256` and so on: a secret must not be shorter than what it makes (RFC 7518 §3.2). */
const BYTES_MIN: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** What documentation, tutorials and lists of guessed secrets have, in small letters and digits. */
const KNOWN = [
  'your256bit', 'your384bit', 'your512bit', 'atleast256bit', 'atleast384bit', 'atleast512bit', 'yoursecret', 'mysecret', 'supersecret', 'topsecret',
  'verysecret', 'secretkey', 'jwtsecret', 'secretsecret', 'notsosecret', 'sharedsecret', 'changeme', 'changethis', 'changeit', 'replaceme', 'replacethis', 'placeholder',
  'password', 'passw0rd', 'insecure', 'example', 'keyboardcat', 'qwerty', 'letmein', 'shhhhh', 'donotuse', 'deadbeef', 'loremipsum',
];

const DISTINCT_CHARS_MIN = 8;
/** What is repeated counts once. */
const UNIT_CHARS_MIN = 16;
/** Of the steps from one character to the next; one in five in random hex digits. */
const EVEN_STEPS_MAX = 0.5;

/**
 * Why a secret could be guessed. It is tried out offline, by anybody who has one token.
 * @returns in words that do not repeat it; null: nothing speaks against it.
 */
export function secretWeakness(secret: string, algorithms: readonly string[]): string | null {
  const bytes = Buffer.byteLength(secret);
  for (const algorithm of algorithms) {
    const least = BYTES_MIN[algorithm] ?? 0;
    if (bytes < least) return `it has ${bytes} bytes, and ${algorithm} needs at least ${least}`;
  }
  const plain = secret.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (KNOWN.some((known) => plain.includes(known))) return 'it is like one from documentation, which everybody tries first';
  if (new Set(secret).size < DISTINCT_CHARS_MIN) return `it has fewer than ${DISTINCT_CHARS_MIN} different characters`;
  if (unitOf(secret) < UNIT_CHARS_MIN) return 'it repeats a few characters';
  return evenSteps(secret) > EVEN_STEPS_MAX ? 'its characters stand in a row, as in 1234' : null;
}

/** Length of the shortest text of which the whole is a repetition; its own length where there is none. */
function unitOf(secret: string): number {
  return (secret + secret).indexOf(secret, 1);
}

function evenSteps(secret: string): number {
  let even = 0;
  for (let i = 1; i < secret.length; i++) {
    if (Math.abs(secret.charCodeAt(i) - secret.charCodeAt(i - 1)) <= 1) even++;
  }
  return even / (secret.length - 1);
}
