import { endianness } from 'node:os';
import type { ListenAddress } from '../config/config.ts';
import { formatIpAddress, parseIpAddress } from '../lib/ip-address.ts';

const LISTENING = '0A';

/**
 * Addresses of the TCP sockets that listen, by the number of their inode.
 * @param text of /proc/net/tcp or /proc/net/tcp6 (proc_pid_net(5)).
 */
export function listeningSockets(text: string): Map<string, ListenAddress> {
  const sockets = new Map<string, ListenAddress>();
  for (const line of text.split('\n').slice(1)) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [host = '', port = ''] = local.split(':');
    if (state === LISTENING) sockets.set(inode, { host: hostOf(host), port: parseInt(port, 16) });
  }
  return sockets;
}

/** The kernel prints each 32-bit word of an address as the machine's own number. */
function hostOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16)).join(':');
  const address = parseIpAddress(words);
  return address === null ? words : formatIpAddress(address);
}
