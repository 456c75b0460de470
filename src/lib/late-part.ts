/** A file of this program, or a package it needs, is not there; the message says what to do. */
export class MissingPartError extends Error {
  override readonly name = 'MissingPartError';
}

/**
 * Loads a part of this program that many who run it never need. A running process finds it gone where its files have been
 * exchanged since its start, and says so in words that help.
 * @throws MissingPartError, and what `load` throws for another reason.
 */
export async function latePart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new MissingPartError('a part of this program is missing. Were its files exchanged while it ran? Hand over to the new ones (SIGUSR2) or '
      + 'start it anew; else install it again', { cause: error });
  }
}
