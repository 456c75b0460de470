import type { AdminServer } from '../admin/admin-server.ts';
import { listensTwice } from '../config/address.ts';
import type { ListenAddress } from '../config/config.ts';

type Start = (address: ListenAddress, descriptor: number | null) => Promise<AdminServer>;

/** Keeps the admin server at the address of the configuration, wherever a reload moves it. */
export class AdminKeeper {
  readonly #start: Start;
  /** Of a socket that was handed down for the first server; null from then on. */
  #descriptor: number | null;
  #server: AdminServer | null = null;
  #address: ListenAddress | null = null;

  constructor(start: Start, descriptor: number | null) {
    this.#start = start;
    this.#descriptor = descriptor;
  }

  /** Null: none runs. */
  get server(): AdminServer | null {
    return this.#server;
  }

  /**
   * The new address is opened before the old one is closed, so that a wrong one changes nothing. Where both cannot be open
   * at once the old one is closed for a moment, and opened again if the new one is wrong.
   * @throws AdminListenError
   */
  async moveTo(address: ListenAddress | null): Promise<void> {
    if (address?.host === this.#address?.host && address?.port === this.#address?.port) return;
    const old = { server: this.#server, address: this.#address };
    const inTheWay = address !== null && old.address !== null && listensTwice(old.address, address) ? old.address : null;
    // Whoever asked for this reload may have asked through the old one, and waits for its answer.
    if (inTheWay !== null) void old.server?.retire();
    try {
      this.#server = address === null ? null : await this.#open(address);
    } catch (error) {
      if (inTheWay !== null) this.#server = await this.#open(inTheWay);
      throw error;
    }
    this.#address = address;
    if (inTheWay === null) void old.server?.retire();
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #open(address: ListenAddress): Promise<AdminServer> {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    return this.#start(address, descriptor);
  }
}
