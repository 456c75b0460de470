/** What one worker has of the sockets that listened before this process began. */
export interface SocketShare {
  /** Descriptors by the address as the configuration has it: `[::]:80`. */
  readonly own: Readonly<Record<string, readonly number[]>>;
  /** Addresses of which others were given sockets and this one was not. */
  readonly others: readonly string[];
}

export const NO_SOCKETS: SocketShare = { own: {}, others: [] };
