import { type IpAddress, parseIpAddress } from './ip-address.ts';

interface Block {
  readonly isIpv4: boolean;
  readonly words: IpAddress['words'];
  readonly masks: IpAddress['words'];
}

/** CIDR blocks of both families, made for lists of tens: a look-up compares each block in turn. */
export class CidrSet {
  readonly #blocks: readonly Block[];

  /** @throws {Error} for a text that is neither an address nor a block; the message says what would be right. */
  constructor(blocks: readonly string[]) {
    this.#blocks = blocks.map(parseBlock);
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  has({ isIpv4, words: [w0, w1, w2, w3] }: IpAddress): boolean {
    for (const { isIpv4: blockIsIpv4, words, masks } of this.#blocks) {
      // A block of one family says nothing of the other: `::/0` does not stand for all of IPv4.
      if (blockIsIpv4 !== isIpv4) continue;
      if (((w3 ^ words[3]) & masks[3]) !== 0 || ((w0 ^ words[0]) & masks[0]) !== 0) continue;
      if (((w1 ^ words[1]) & masks[1]) === 0 && ((w2 ^ words[2]) & masks[2]) === 0) return true;
    }
    return false;
  }
}

function parseBlock(text: string): Block {
  const [, addressText = '', bitsText] = /^([^/]+)(?:\/([0-9]{1,3}))?$/.exec(text) ?? [];
  const address = addressText.includes('%') ? null : parseIpAddress(addressText);
  if (address === null) throw new Error(`"${text}" is not an address or block of addresses, such as 10.0.0.0/8 or fd00::/8`);
  const isWrittenAsIpv6 = addressText.includes(':');
  const bitsMax = isWrittenAsIpv6 ? 128 : 32;
  const bits = bitsText === undefined ? bitsMax : Number(bitsText);
  if (bits > bitsMax) throw new Error(`"${text}": the length of the block is at most /${bitsMax}`);
  const bitsOf128 = isWrittenAsIpv6 ? bits : bits + 96;
  const mask = (word: number): number => {
    const ones = Math.min(Math.max(bitsOf128 - word * 32, 0), 32);
    return ones === 0 ? 0 : -1 << (32 - ones);
  };
  // A short block of `::ffff:0:0` takes in more than the mapped addresses, so it is one of IPv6.
  return { isIpv4: address.isIpv4 && bitsOf128 >= 96, words: address.words, masks: [mask(0), mask(1), mask(2), mask(3)] };
}
