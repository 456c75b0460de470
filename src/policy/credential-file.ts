import { WatchedFile } from '../lib/watched-file.ts';
import type { PolicyServices } from './policy.ts';

interface CredentialFileInit<T> {
  /** Absolute. */
  readonly path: string;
  /** What it holds, in the plural, for the log and to tell it from others. */
  readonly what: string;
  /** What it held when the configuration was read. */
  readonly initial: T;
  /** @throws Error in words that repeat nothing of the text. */
  readonly parse: (text: string) => T;
}

/** What a file of credentials holds now. */
export interface CredentialFile<T> {
  readonly value: T;
  release(): void | Promise<void>;
}

/** Watches a file of credentials: once in a worker, for all routes and generations that name it. */
export async function holdCredentialFile<T>({ path, what, initial, parse }: CredentialFileInit<T>, { kept, clock, logger }: PolicyServices): Promise<CredentialFile<T>> {
  const { value: watched, release } = kept.hold(`${what} of ${path}`, () => {
    // What is read first is what the configuration has read already.
    let isFirst = true;
    return new WatchedFile<T>({
      path, initial, parse, clock,
      report: {
        onChange() {
          if (!isFirst) logger.info(`the ${what} of a file have changed and are in force`, { file: path });
          isFirst = false;
        },
        onRefused(error) {
          isFirst = false;
          logger.warn(`a file cannot be used; the ${what} of before stay in force`, { file: path, reason: error instanceof Error ? error.message : String(error) });
        },
      },
    });
  });
  await watched.refresh();
  return {
    get value() {
      return watched.value;
    },
    release,
  };
}
