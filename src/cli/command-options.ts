/** What the command line says beside the command and the file. */
export interface CommandOptions {
  /** Behind the command. */
  readonly words: readonly string[];
  readonly json: boolean;
  /** A host to order a certificate for; null: none. */
  readonly renew: string | null;
  /** Of a new key, with commas between them; null: none. */
  readonly roles: string | null;
  /** When a new key ends: a number of days or a date; null: never. */
  readonly expires: string | null;
  /** Of a request that is asked about, each as `Name: value`. */
  readonly headers: readonly string[];
  /** Address of the client of that request; null: any. */
  readonly client: string | null;
  /** The running gateway is meant, and no file. */
  readonly running: boolean;
  /** Until it is known whether a reload is kept. */
  readonly wait: boolean;
  /** Which requests are shown; what is undefined lets all of them pass. */
  readonly filter: FilterOptions;
  /** How many requests of before are shown; null: not said. */
  readonly last: string | null;
  /** Forget what has been counted. */
  readonly clear: boolean;
}

/** As they were written. */
export interface FilterOptions {
  readonly route?: string | undefined;
  readonly status?: string | undefined;
  readonly code?: string | undefined;
  readonly slow?: string | undefined;
  readonly client?: string | undefined;
}
