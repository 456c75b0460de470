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
}
