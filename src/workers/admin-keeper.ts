import type { AdminServer } from '../admin/admin-server.ts';
import type { ListenAddress } from '../config/config.ts';

/** Keeps the admin server at the address of the configuration, wherever a reload moves it. */
export class AdminKeeper {
  readonly #start: (address: ListenAddress) => Promise<AdminServer>;
  #server: AdminServer | null = null;
  #address: ListenAddress | null = null;

  constructor(start: (address: ListenAddress) => Promise<AdminServer>) {
    this.#start = start;
  }

  /** Null: none runs. */
  get server(): AdminServer | null {
    return this.#server;
  }

  /**
   * The new address is opened before the old one is closed, so that a wrong one changes nothing.
   * @throws AdminListenError
   */
  async moveTo(address: ListenAddress | null): Promise<void> {
    if (address?.host === this.#address?.host && address?.port === this.#address?.port) return;
    const started = address === null ? null : await this.#start(address);
    const old = this.#server;
    this.#server = started;
    this.#address = address;
    // Whoever asked for this reload may have asked through the old one, and waits for its answer.
    void old?.retire();
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }
}
