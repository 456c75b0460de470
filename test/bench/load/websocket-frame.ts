/**
 * Cuts what a socket reads into the payloads of frames of at most 125 bytes, masked or not (RFC 6455 §5.2): all that a
 * measurement needs of WebSocket.
 */
export function eachFrame(onPayload: (payload: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (let end = frameEnd(rest); end > 0; end = frameEnd(rest)) {
      onPayload(payloadOf(rest.subarray(0, end)));
      rest = rest.subarray(end);
    }
  };
}

/** A masked binary frame, as a client sends it. */
export function maskedFrame(payload: Buffer): Buffer {
  const mask = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length]), mask, payload.map((byte, i) => byte ^ (mask[i & 3] ?? 0))]);
}

function frameEnd(bytes: Buffer): number {
  if (bytes.length < 2) return 0;
  const second = bytes[1] ?? 0;
  const end = 2 + (second > 127 ? 4 : 0) + (second & 127);
  return bytes.length >= end ? end : 0;
}

function payloadOf(frame: Buffer): Buffer {
  if ((frame[1] ?? 0) < 128) return frame.subarray(2);
  return Buffer.from(frame.subarray(6).map((byte, i) => byte ^ (frame[2 + (i & 3)] ?? 0)));
}
