export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Reads server-sent events as they come, in pieces of any length (HTML, 9.2.6). Comments, ids and retry times are passed over. */
export class EventParser {
  readonly #charsMax: number;
  /** Pieces of a line that has not ended. */
  #rest: string[] = [];
  /** A line feed at the beginning of the next piece belongs to the line before. */
  #endedInReturn = false;
  #name = '';
  #data: string[] = [];
  /** Of the event that has not ended. */
  #chars = 0;

  /** @param charsMax longest event. */
  constructor(charsMax: number) {
    this.#charsMax = charsMax;
  }

  /** @throws RangeError where an event is too long. */
  read(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lineEnds = /\r\n?|\n/g;
    let start = this.#endedInReturn && text.startsWith('\n') ? 1 : 0;
    lineEnds.lastIndex = start;
    for (let end = lineEnds.exec(text); end !== null; end = lineEnds.exec(text)) {
      this.#count(end.index - start);
      const event = this.#take(this.#rest.join('') + text.slice(start, end.index));
      if (event !== null) events.push(event);
      this.#rest = [];
      start = lineEnds.lastIndex;
    }
    if (text !== '') this.#endedInReturn = text.endsWith('\r');
    if (start < text.length) {
      this.#count(text.length - start);
      this.#rest.push(text.slice(start));
    }
    return events;
  }

  #count(chars: number): void {
    this.#chars += chars;
    if (this.#chars > this.#charsMax) throw new RangeError('an event is too long');
  }

  #take(line: string): ServerEvent | null {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    if (field === 'data') this.#data.push(value);
    return null;
  }

  #end(): ServerEvent | null {
    const event = this.#data.length === 0 ? null : { name: this.#name === '' ? 'message' : this.#name, data: this.#data.join('\n') };
    this.#name = '';
    this.#data = [];
    this.#chars = 0;
    return event;
  }
}
