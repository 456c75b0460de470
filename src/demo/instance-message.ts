/** What an instance tells the process that started it. */
export type InstanceMessage =
  | { readonly kind: 'listening'; readonly port: number }
  /** It could not start; the text is for the user. */
  | { readonly kind: 'failed'; readonly text: string };

export function isInstanceMessage(message: unknown): message is InstanceMessage {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false;
  if (message.kind === 'listening') return 'port' in message && typeof message.port === 'number';
  return message.kind === 'failed' && 'text' in message && typeof message.text === 'string';
}
